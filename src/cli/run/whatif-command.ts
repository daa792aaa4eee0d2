import { BaseSwap, type MovedImage, type StoredLayer, type WhatIf } from '../../advise/whatif.ts';
import { withStore } from '../../app/open-store.ts';
import { parseFlag } from '../../common/flags.ts';
import { counted } from '../../common/plural.ts';
import type { Database } from '../../database/database.ts';
import { NotFoundError, SettingsError } from '../../errors.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { isForeignLayer } from '../../oci/media-type.ts';
import { DEFAULT_PLATFORM, platformNamed } from '../../oci/platform.ts';
import { parseReference, type Reference, splitHost } from '../../oci/reference.ts';
import { jsonDocument, jsonPart } from '../../report/json-document.ts';
import { findImageLayers, platformsOn, readNeededLayers, streamImagesOn } from '../../store/fleet-store.ts';
import { listSources } from '../../store/source-store.ts';
import { type ImageLoader, withImageLoader } from '../image-loader.ts';
import { writeResult } from '../io.ts';
import type { TableOrJson } from '../options.ts';
import type { Session } from '../prepare.ts';
import { tableText } from '../table-or-json.ts';
import { factLines } from '../text.ts';

/** How many images of each team the table shows. */
const SHOWN_IMAGES = 10;

/** The options of `whatif`: bases as {@link reportedNamesOf} takes them. */
export interface WhatifOptions {
  readonly from: string;
  readonly to: string;
  readonly format: TableOrJson;
}

/**
 * Computes the effect of a base swap on all stored images, for each source.
 * @throws SettingsError when no image is built on the base, or it is `scratch`, which has no layers
 */
export async function whatifCommand(session: Session, { from, to, format }: WhatifOptions): Promise<void> {
  if (from === 'scratch')
    throw new SettingsError('images on scratch have no base whose layers could be exchanged: name another one');
  const reference = to === 'scratch' ? undefined : parseFlag('--to', () => parseReference(to));
  return withStore(session.settings, 'read', async (db) => {
    const names = reportedNamesOf(from);
    const sources = await sourcesOn(db, names);
    if (sources.length === 0)
      throw new SettingsError(`no audited image is built on ${from}: "slimboard report bases" lists the bases`);
    const base = { reference: to, layers: new Map<string, readonly StoredLayer[]>() };
    if (reference)
      await withImageLoader(session, async (load) => {
        for (const platform of new Set(sources.flatMap(({ platforms }) => platforms)))
          base.layers.set(platform, await layersOfBase(db, load, reference, { to, platform }));
      });
    const swaps = sources.map((source) => swapIn(db, source, names, new BaseSwap(from, base)));
    await writeResult(session.io, format === 'json' ? jsonOf(swaps) : tableOf(swaps));
  });
}

/** A base swap in one source: sources share no blobs, so each is computed by itself. */
interface Swap {
  readonly source: string;
  /** The images moved, in batches: a registry may have too many to hold. */
  readonly moved: AsyncIterable<readonly MovedImage[]>;
  /** Returns the effect, once all moved images have been read. */
  readonly effect: () => Promise<WhatIf>;
}

interface Source {
  readonly id: number;
  readonly name: string;
  /** Those of its images on the old base. */
  readonly platforms: readonly string[];
}

/** The sources with images on a base of one of these names. */
async function sourcesOn(db: Database, names: readonly string[]): Promise<readonly Source[]> {
  const found: Source[] = [];
  for (const { id, name } of await listSources(db)) {
    const platforms = await platformsOn(db, id, names);
    if (platforms.length > 0) found.push({ id, name, platforms });
  }
  return found;
}

function swapIn(db: Database, { id, name }: Source, names: readonly string[], swap: BaseSwap): Swap {
  async function* moved(): AsyncGenerator<readonly MovedImage[]> {
    for await (const images of streamImagesOn(db, id, names)) yield images.map((image) => swap.move(image));
  }
  const effect = async () => swap.effect(await readNeededLayers(db, id, names, swap.layers()));
  return { source: name, moved: moved(), effect };
}

/** The document, as it grows: the images of a source first, because their sums are known after the last. */
async function* jsonOf(swaps: readonly Swap[]): AsyncGenerator<string> {
  yield `${JSON.stringify(jsonDocument('slimboard.whatif/1', {})).slice(0, -1)},"results":[`;
  for (const [at, { source, moved, effect }] of swaps.entries()) {
    yield `${at === 0 ? '' : ','}\n{"source":${JSON.stringify(source)},"moved":[`;
    let separator = '\n';
    for await (const images of moved) {
      yield separator + images.map(jsonPart).join(',\n');
      separator = ',\n';
    }
    yield `\n],${jsonPart(await effect()).slice(1)}`;
  }
  yield '\n]}\n';
}

async function* tableOf(swaps: readonly Swap[]): AsyncGenerator<string> {
  for (const [at, { source, moved, effect }] of swaps.entries()) {
    const shown = new Map<string, MovedImage[]>();
    for await (const images of moved) for (const image of images) keepFirst(shown, image);
    const lines = linesOf(source, await effect(), shown);
    yield tableText(at === 0 ? lines : ['', ...lines]);
  }
}

/** Keeps an image if it is among the first of its team. */
function keepFirst(shown: Map<string, MovedImage[]>, image: MovedImage): void {
  const ofTeam = shown.get(image.team) ?? [];
  if (ofTeam.length < SHOWN_IMAGES) shown.set(image.team, [...ofTeam, image]);
}

/**
 * Returns a base's names in reports: without host, official images also with `library/`; without a tag, as `latest`, and
 * as bases of which no tag is known.
 */
function reportedNamesOf(text: string): readonly string[] {
  const { rest } = splitHost(text);
  const names = /:[^/]*$/.test(rest) ? [rest] : [rest, `${rest}:latest`];
  return rest.includes('/') ? names : [...names, ...names.map((name) => `library/${name}`)];
}

/** Returns the layers that a base has for a platform, as stored or else from its registry. */
async function layersOfBase(
  db: Database,
  load: ImageLoader,
  reference: Reference,
  { to, platform }: { readonly to: string; readonly platform: string },
): Promise<readonly StoredLayer[]> {
  const wanted = platformNamed(platform);
  const stored = await findImageLayers(db, reportedNamesOf(to), wanted);
  if (stored) return stored;
  const { image } = await load(reference, wanted).catch((error: unknown) => {
    if (error instanceof NotFoundError) return load(reference, platformNamed(DEFAULT_PLATFORM));
    throw error;
  });
  return image.manifest.layers.map(({ digest, size, mediaType }) => ({
    digest,
    bytes: size,
    foreign: isForeignLayer(mediaType),
  }));
}

function linesOf(source: string, result: WhatIf, shown: ReadonlyMap<string, readonly MovedImage[]>): readonly string[] {
  const rows = [
    ['source', source],
    ['swap', `${result.from} → ${result.to}`],
    ['images', `${result.images}`],
    ['a pull', saved(result.perPullBytes)],
    ['stored', `${saved(result.storedBytes)}${keptElsewhere(result)}`],
    ['logical', `${saved(result.logicalBytes)}, over all tags`],
    ...result.teams.flatMap(({ team, repositories, images }) => [
      ['team', `${team}: ${counted(images, 'image')} in ${counted(repositories, 'repository')}`],
      ...imagesOf(shown.get(team) ?? [], images).map((line) => ['', `  ${line}`]),
    ]),
  ];
  return factLines(rows);
}

/** The images that a team has to move, and by which of their tags to find them: the first of so many. */
function imagesOf(first: readonly MovedImage[], images: number): readonly string[] {
  const lines = first.map(({ registry, repository, tags, perPullBytes }) => {
    const others = tags.length > 1 ? ` and ${counted(tags.length - 1, 'other tag')}` : '';
    return `${registry}/${repository}:${tags[0]}${others}, ${saved(perPullBytes)}`;
  });
  const rest = images - lines.length;
  return rest === 0 ? lines : [...lines, `and ${rest} more, which --format json lists`];
}

/** Says why pulls get smaller, but not the registry: above all, it has the base itself. */
function keptElsewhere({ from, perPullBytes, storedBytes }: WhatIf): string {
  return perPullBytes > 0 && storedBytes <= 0 ? `: other images still have layers of ${from}` : '';
}

function saved(bytes: number): string {
  return bytes < 0 ? `${humanBytes(-bytes)} more` : `${humanBytes(bytes)} less`;
}
