import { isCompiled, type Runtime, runtimeOf } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import { totalBytes } from '../common/sum.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import { isWindows } from '../oci/platform.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { Finding } from '../policy/finding.ts';
import { type ImageView, viewImage } from '../policy/image-view.ts';
import { isRuntimeItself } from '../policy/replaceable-bytes.ts';
import type { Knowledge } from './alternatives.ts';
import { isStaticC } from './base-after.ts';
import { type Removable, removableOf } from './kept-bytes.ts';
import { servesPages } from './pages.ts';

/** The image that advice is about, with the facts that every projection needs. */
export interface Subject {
  readonly view: ImageView;
  readonly findings: readonly Finding[];
  readonly knowledge: Knowledge;
  /** Pull size in bytes. */
  readonly currentBytes: number;
  /** `none` if no runtime was recognised. */
  readonly runtime: Runtime;
  readonly runtimeVersion: string | undefined;
  /** Whether the program runs without its runtime once it is built, see {@link isCompiled}, {@link isStaticC} and {@link servesPages}. */
  readonly compiled: boolean;
  /** Whether projections of Java on Alpine count what jlink may leave out. */
  readonly linksJava: boolean;
  /** What each technique may remove from the image's own layers. */
  readonly removable: Removable;
}

/**
 * Returns the view of an image as advice needs it: a runtime's own image, as published, holds nothing that could be built
 * otherwise, so all its layers count as the base's. Remembered, as {@link viewImage} is.
 */
export const adviceView: (image: AuditedImage) => ImageView = rememberOf((image) => {
  const view = viewImage(image);
  if (!isRuntimeItself(image)) return view;
  return { ...view, own: [], ownPrograms: new Set(), baseBytes: totalBytes(view.layers) };
});

/**
 * Gathers what projections need to know about an image.
 * @param findings the image's findings, as the rules returned them
 */
export function subjectOf(image: AuditedImage, findings: readonly Finding[], knowledge: Knowledge): Subject {
  const view = adviceView(image);
  const { name: runtime, version } = runtimeOf(image.verdict);
  return {
    view,
    findings,
    knowledge,
    currentBytes: pullBytes(image.manifest),
    runtime,
    runtimeVersion: version,
    // The known bases for the last stage of a compiled program are for Linux.
    compiled: (isCompiled(runtime) || isStaticC(view) || servesPages(view)) && !isWindows(image.config),
    linksJava: true,
    removable: removableOf(view.own, findings, {
      runtime,
      arePages: servesPages(view),
      baseLacksIt: image.verdict.runtimeLayers === undefined,
      isAlpine: image.verdict.distro?.value.id === 'alpine',
    }),
  };
}
