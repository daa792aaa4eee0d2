import type { Runtime } from '../classify/verdict.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { ByteRange, Finding } from '../policy/finding.ts';
import { type ImageView, viewImage } from '../policy/image-view.ts';
import type { Knowledge } from './alternatives.ts';

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
  /** What each rule's findings say about a layer, by rule, then by the layer's position. */
  readonly removable: ReadonlyMap<string, ReadonlyMap<number, ByteRange>>;
}

/** Runtimes whose programs run without them. */
const COMPILED: readonly Runtime[] = ['go', 'rust'];

export function subjectOf(image: AuditedImage, findings: readonly Finding[], knowledge: Knowledge): Subject {
  const view = viewImage(image);
  const runtime = image.verdict.runtime?.value.name ?? 'none';
  const baseLayers = view.layers.slice(0, view.layers.length - view.own.length);
  return {
    view,
    findings,
    knowledge,
    currentBytes: pullBytes(image.manifest),
    baseBytes:
      image.verdict.base.layerCount === undefined ? undefined : baseLayers.reduce((sum, { bytes }) => sum + bytes, 0),
    runtime,
    runtimeVersion: image.verdict.runtime?.value.version ?? image.verdict.distro?.value.version,
    compiled: COMPILED.includes(runtime),
    removable: new Map(findings.map((finding) => [finding.rule, bytesByLayer(finding)])),
  };
}

function bytesByLayer({ evidence }: Finding): ReadonlyMap<number, ByteRange> {
  const byLayer = new Map<number, ByteRange>();
  for (const { layer, bytes } of evidence) {
    if (layer !== undefined && bytes) byLayer.set(layer, bytes);
  }
  return byLayer;
}
