import { rememberOf } from '../../common/remember.ts';
import { HOUR_MS } from '../../common/units.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Context } from '../context.ts';
import { gapMs } from '../history/build-steps.ts';
import type { KnownBase } from '../verdict.ts';

/** Known images with identical layers, which are the first layers of the classified image. */
export interface ProvenBase {
  readonly references: readonly string[];
  readonly digest?: Digest;
  readonly layerCount: number;
}

/**
 * Known images that may be beneath this one. They have fewer layers, because one with all of them is this image itself,
 * unless this image only changed settings. Remembered, since each material of a provenance is compared with them.
 */
export const basesBeneath = rememberOf((context: Context): readonly KnownBase[] => {
  const { layers } = context.input.manifest;
  const maxLayers = onlyChangesSettings(context) ? layers.length : layers.length - 1;
  return context.input.bases.filter(
    ({ layerCount, references }) => layerCount > 0 && layerCount <= maxLayers && references.length > 0,
  );
});

/** Whether the own steps made no layer and were made an hour or more after the steps beneath: `FROM redis`, `CMD …`. */
function onlyChangesSettings({ stack, history, own }: Context): boolean {
  const isLater = gapMs(history.steps[stack.ownStart - 1], own[0]) >= HOUR_MS;
  return isLater && history.aligned && own.every((step) => step.layer === undefined);
}

/** The known images beneath with the most layers. Several names for the same layers are one answer. */
export function longestBase(context: Context): ProvenBase | undefined {
  const beneath = basesBeneath(context);
  const layerCount = Math.max(0, ...beneath.map((base) => base.layerCount));
  return mergeBases(beneath.filter((base) => base.layerCount === layerCount));
}

/** The layer count of the longest catalogue image beneath; 0 if there is none. A declared base may not be shorter. */
export function cataloguedLayers(context: Context): number {
  const catalogued = basesBeneath(context).filter((base) => base.origin === 'catalogue');
  return Math.max(0, ...catalogued.map((base) => base.layerCount));
}

/** The known image with this manifest or index digest, with all names for the same layers. */
export function baseByDigest(context: Context, digest: Digest | undefined): ProvenBase | undefined {
  if (digest === undefined) return undefined;
  return findNamedBase(context, (base) => base.digest === digest || base.indexDigest === digest);
}

/** The known image with this name, with all names for the same layers. */
export function baseByName(context: Context, reference: string): ProvenBase | undefined {
  return findNamedBase(context, ({ references }) => references.includes(reference));
}

function findNamedBase(context: Context, isNamed: (base: KnownBase) => boolean): ProvenBase | undefined {
  const beneath = basesBeneath(context);
  const named = beneath.find(isNamed);
  if (!named) return undefined;
  const equals = mergeBases(beneath.filter((base) => base.layerCount === named.layerCount));
  return equals && { ...equals, digest: named.digest };
}

function mergeBases(bases: readonly KnownBase[]): ProvenBase | undefined {
  const [first] = bases;
  if (!first) return undefined;
  const references = [...new Set(bases.flatMap((base) => base.references))].sort();
  const digests = new Set(bases.map((base) => base.digest));
  return { references, layerCount: first.layerCount, ...(digests.size === 1 ? { digest: first.digest } : {}) };
}
