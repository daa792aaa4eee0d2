import { type StoredLayer, type WhatIf, whatIf } from '../../advise/whatif.ts';
import { openStore } from '../../app/open-store.ts';
import { SettingsError } from '../../errors.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { parseReference, splitHost } from '../../oci/reference.ts';
import type { Database } from '../../store/database.ts';
import { findImageLayers, readHeldElsewhere, readImagesOn, readSources } from '../../store/fleet-store.ts';
import { counted } from '../counted.ts';
import { withImageLoader } from '../image-loader.ts';
import type { Session } from '../prepare.ts';
import { parseTableOrJson, writeTableOrJson } from '../table-or-json.ts';

/** Every platform's images of a base share its name; sizes are compared on the one that most run. */
const PLATFORM = { os: 'linux', architecture: 'amd64' };

/**
 * Reckons a base swap over all that is stored: each source by itself.
 * @throws SettingsError when no image stands on the base
 */
export async function whatifCommand(session: Session, from: string, to: string, format: string): Promise<void> {
  const wanted = parseTableOrJson(format);
  const db = await openStore(session.settings, 'read');
  try {
    let base: StoredBase | undefined;
    const results: (WhatIf & { readonly source: string })[] = [];
    for (const { id, name } of await readSources(db)) {
      const moving = await readImagesOn(db, id, namesOf(from));
      if (moving.length === 0) continue;
      base ??= { reference: to, layers: await layersOfBase(session, db, to) };
      const touched = [...moving.flatMap(({ layers }) => layers), ...base.layers].map(({ digest }) => digest);
      const elsewhere = await readHeldElsewhere(db, id, namesOf(from), [...new Set(touched)]);
      results.push({ source: name, ...whatIf(from, base, moving, elsewhere) });
    }
    if (results.length === 0)
      throw new SettingsError(`no audited image stands on ${from}: "slimboard report bases" lists the bases`);
    await writeTableOrJson(session.io, wanted, { schema: 'slimboard.whatif/1', results }, results.flatMap(linesOf));
  } finally {
    await db.close();
  }
}

interface StoredBase {
  readonly reference: string;
  readonly layers: readonly StoredLayer[];
}

/** As reports name a base: without a host, official images with and without `library/`, `latest` where no tag is given. */
function namesOf(text: string): readonly string[] {
  const { rest } = splitHost(text);
  const name = /:[^/]*$/.test(rest) ? rest : `${rest}:latest`;
  return name.includes('/') ? [name] : [name, `library/${name}`];
}

/** None of `scratch`. Of an audited registry where it is held there, else straight from the registry that the reference names. */
async function layersOfBase(session: Session, db: Database, to: string): Promise<readonly StoredLayer[]> {
  if (to === 'scratch') return [];
  const stored = await findImageLayers(db, namesOf(to));
  if (stored) return stored;
  return withImageLoader(session, async (load) => {
    const { image } = await load(parseReference(to), PLATFORM);
    return image.manifest.layers.map(({ digest, size }) => ({ digest, bytes: size }));
  });
}

function linesOf(result: WhatIf & { readonly source: string }): readonly string[] {
  const rows = [
    ['source', result.source],
    ['swap', `${result.from} → ${result.to}`],
    ['images', `${result.images}`],
    ['a pull', saved(result.perPullBytes)],
    ['stored', saved(result.storedBytes)],
    ['logical', `${saved(result.logicalBytes)}, over all tags`],
    ...result.teams.map(({ team, repositories, images }) => [
      'team',
      `${team}: ${counted(images, 'image')} in ${counted(repositories, 'repository')}`,
    ]),
  ];
  return [...rows.map(([name = '', value = '']) => `${name.padEnd(14)}${value}`), ''];
}

function saved(bytes: number): string {
  return bytes < 0 ? `${humanBytes(-bytes)} more` : `${humanBytes(bytes)} less`;
}
