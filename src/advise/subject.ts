import type { Runtime } from '../classify/verdict.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { Finding } from '../policy/finding.ts';
import { type ImageView, viewImage } from '../policy/image-view.ts';
import type { Knowledge } from './alternatives.ts';
import { type Removable, removableOf } from './kept-bytes.ts';

/** The image that advice is about, with what every projection of it needs. */
export interface Subject {
  readonly view: ImageView;
  readonly findings: readonly Finding[];
  readonly knowledge: Knowledge;
  /** Pull size. */
  readonly currentBytes: number;
  /** Undefined where it is not known which layers are the base's. */
  readonly baseBytes: number | undefined;
  readonly runtime: Runtime;
  readonly runtimeVersion: string | undefined;
  /** The runtime's programs need nothing of it once they are built. */
  readonly compiled: boolean;
  /** What techniques may take off its own layers. */
  readonly removable: Removable;
}

/** Runtimes whose programs run without them. */
const COMPILED: readonly Runtime[] = ['go', 'rust'];

/** Whether a runtime's programs run without it once they are built. */
export function isCompiled(runtime: Runtime): boolean {
  return COMPILED.includes(runtime);
}

/** Prepares an image for projections. */
export function subjectOf(image: AuditedImage, findings: readonly Finding[], knowledge: Knowledge): Subject {
  const view = viewImage(image);
  const runtime = image.verdict.runtime?.value.name ?? 'none';
  return {
    view,
    findings,
    knowledge,
    currentBytes: pullBytes(image.manifest),
    baseBytes: view.baseBytes,
    runtime,
    runtimeVersion: image.verdict.runtime?.value.version,
    compiled: isCompiled(runtime),
    removable: removableOf(view.own, findings, runtime),
  };
}
