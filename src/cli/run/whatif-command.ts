import { type StoredLayer, type WhatIf, whatIf } from '../../advise/whatif.ts';
import { withStore } from '../../app/open-store.ts';
import { groupBy } from '../../common/group-by.ts';
import type { Database } from '../../database/database.ts';
import { SettingsError } from '../../errors.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { isForeignLayer } from '../../oci/media-type.ts';
import { parseReference, splitHost } from '../../oci/reference.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { findImageLayers, readHeldElsewhere, readImagesOn } from '../../store/fleet-store.ts';
import { listSources } from '../../store/source-store.ts';
import { withImageLoader } from '../image-loader.ts';
import type { TableOrJson } from '../options.ts';
import type { Session } from '../prepare.ts';
import { writeTableOrJson } from '../table-or-json.ts';
import { counted, factLines } from '../text.ts';

/** A base has an image for each platform; sizes are compared on the platform that most images run on. */
const PLATFORM = { os: 'linux', architecture: 'amd64' };
/** How many images of each team the table shows. */
const SHOWN_IMAGES = 10;

/** The options of `whatif`: bases as {@link namesOf} takes them. */
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
  return withStore(session.settings, 'read', async (db) => {
    let base: StoredBase | undefined;
    const results: (WhatIf & { readonly source: string })[] = [];
    // Sources share no blobs, so the swap is computed for each by itself.
    for (const { id, name } of await listSources(db)) {
      const moving = await readImagesOn(db, id, namesOf(from));
      if (moving.length === 0) continue;
      base ??= { reference: to, layers: await layersOfBase(session, db, to) };
      const touched = [...moving.flatMap(({ layers }) => layers), ...base.layers].map(({ digest }) => digest);
      const elsewhere = await readHeldElsewhere(db, id, namesOf(from), [...new Set(touched)]);
      results.push({ source: name, ...whatIf(from, base, moving, elsewhere) });
    }
    if (results.length === 0)
      throw new SettingsError(`no audited image is built on ${from}: "slimboard report bases" lists the bases`);
    const document = jsonDocument('slimboard.whatif/1', { results });
    const lines = results.flatMap((result, at) => [...(at === 0 ? [] : ['']), ...linesOf(result)]);
    await writeTableOrJson(session.io, format, document, lines);
  });
}

interface StoredBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/**
 * Returns a base's names in reports: without host, official images also with `library/`; without a tag, as `latest`, and
 * as bases of which no tag is known.
 */
function namesOf(text: string): readonly string[] {
  const { rest } = splitHost(text);
  const names = /:[^/]*$/.test(rest) ? [rest] : [rest, `${rest}:latest`];
  return rest.includes('/') ? names : [...names, ...names.map((name) => `library/${name}`)];
}

/** Returns the layers of a base, as stored or else from its registry; `scratch` has none. */
async function layersOfBase(session: Session, db: Database, to: string): Promise<readonly StoredLayer[]> {
  if (to === 'scratch') return [];
  const stored = await findImageLayers(db, namesOf(to));
  if (stored) return stored;
  return withImageLoader(session, async (load) => {
    const { image } = await load(parseReference(to), PLATFORM);
    return image.manifest.layers.map(({ digest, size, mediaType }) => ({
      digest,
      bytes: size,
      foreign: isForeignLayer(mediaType),
    }));
  });
}

function linesOf(result: WhatIf & { readonly source: string }): readonly string[] {
  const moved = groupBy(result.moved, ({ team }) => team);
  const rows = [
    ['source', result.source],
    ['swap', `${result.from} → ${result.to}`],
    ['images', `${result.images}`],
    ['a pull', saved(result.perPullBytes)],
    ['stored', `${saved(result.storedBytes)}${keptElsewhere(result)}`],
    ['logical', `${saved(result.logicalBytes)}, over all tags`],
    ...result.teams.flatMap(({ team, repositories, images }) => [
      ['team', `${team}: ${counted(images, 'image')} in ${counted(repositories, 'repository')}`],
      ...imagesOf(moved.get(team) ?? []).map((line) => ['', `  ${line}`]),
    ]),
  ];
  return factLines(rows);
}

/** The images that a team has to move, and by which of their tags to find them. */
function imagesOf(own: WhatIf['moved']): readonly string[] {
  const shown = own.slice(0, SHOWN_IMAGES).map(({ registry, repository, tags, perPullBytes }) => {
    const others = tags.length > 1 ? ` and ${counted(tags.length - 1, 'other tag')}` : '';
    return `${registry}/${repository}:${tags[0]}${others}, ${saved(perPullBytes)}`;
  });
  const rest = own.length - shown.length;
  return rest === 0 ? shown : [...shown, `and ${rest} more, which --format json lists`];
}

/** Says why pulls get smaller, but not the registry: above all, it has the base itself. */
function keptElsewhere({ from, perPullBytes, storedBytes }: WhatIf): string {
  return perPullBytes > 0 && storedBytes <= 0 ? `: other images still have layers of ${from}` : '';
}

function saved(bytes: number): string {
  return bytes < 0 ? `${humanBytes(-bytes)} more` : `${humanBytes(bytes)} less`;
}
