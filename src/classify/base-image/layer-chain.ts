import type { Digest } from '../../oci/digest.ts';
import type { Context } from '../context.ts';
import { gapMs } from '../history/build-steps.ts';
import type { KnownBase } from '../verdict.ts';

/** Known images with the very same layers: the first layers of the image at hand. */
export interface ProvenBase {
  readonly references: readonly string[];
  readonly digest?: Digest;
  readonly layerCount: number;
}

/**
 * Known images that may lie beneath: fewer layers than the image, for one with all of them is the image itself, unless
 * the image only changed settings.
 */
export function basesBeneath(context: Context): readonly KnownBase[] {
  if (context.input.bases.length === 0) return [];
  const { layers } = context.input.manifest;
  const most = onlySettings(context) ? layers.length : layers.length - 1;
  return context.input.bases.filter(({ layerCount, references }) => {
    return layerCount > 0 && layerCount <= most && references.length > 0;
  });
}

const HOUR_MS = 3_600_000;

/** Whether the own steps were made later than what is beneath, and made no layer: `FROM redis`, `CMD …`. */
function onlySettings({ stack, history, own }: Context): boolean {
  const later = gapMs(history.steps[stack.ownStart - 1], own[0]) >= HOUR_MS;
  return later && history.aligned && own.every((step) => step.layer === undefined);
}

/** The longest known images beneath; several names with equal layers are one answer. */
export function longestBase(context: Context): ProvenBase | undefined {
  if (context.input.bases.length === 0) return undefined;
  const beneath = basesBeneath(context);
  const layerCount = Math.max(0, ...beneath.map((base) => base.layerCount));
  return merged(beneath.filter((base) => base.layerCount === layerCount));
}

/** How many layers the longest image of the catalogue has that lies beneath: what a declaration names may not be shorter. */
export function cataloguedLayers(context: Context): number {
  const catalogued = basesBeneath(context).filter((base) => base.origin === 'catalogue');
  return Math.max(0, ...catalogued.map((base) => base.layerCount));
}

/** The known image with this digest, its manifest's or its index's, and the names of all with the same layers. */
export function baseByDigest(context: Context, digest: Digest | undefined): ProvenBase | undefined {
  if (digest === undefined) return undefined;
  return findBase(context, (base) => base.digest === digest || base.indexDigest === digest);
}

/** The known image of this name, and the names of all with the same layers. */
export function baseByName(context: Context, reference: string): ProvenBase | undefined {
  return findBase(context, ({ references }) => references.includes(reference));
}

function findBase(context: Context, isNamed: (base: KnownBase) => boolean): ProvenBase | undefined {
  const beneath = basesBeneath(context);
  const named = beneath.find(isNamed);
  if (!named) return undefined;
  const equals = merged(beneath.filter((base) => base.layerCount === named.layerCount));
  return equals && { ...equals, digest: named.digest };
}

function merged(bases: readonly KnownBase[]): ProvenBase | undefined {
  const [first] = bases;
  if (!first) return undefined;
  const references = [...new Set(bases.flatMap((base) => base.references))].sort();
  const digests = new Set(bases.map((base) => base.digest));
  return { references, layerCount: first.layerCount, ...(digests.size === 1 ? { digest: first.digest } : {}) };
}
