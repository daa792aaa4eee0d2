import { type RecognisedTechnique, recogniseTechniques } from '../../advise/recognise.ts';
import { techniqueOf } from '../../advise/technique.ts';
import { judgeLoaded } from '../../inspect/judge-loaded.ts';
import { diffImages, type ImageDiff, type LayerChange } from '../../measure/compare.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/reference.ts';
import { withImageLoader } from '../image-loader.ts';
import type { Session } from '../prepare.ts';
import { parseTableOrJson, writeTableOrJson } from '../table-or-json.ts';
import { withCatalogue } from '../with-catalogue.ts';

interface DiffOptions {
  readonly platform: string;
  readonly format: string;
  /** Look bases up in the catalogue of the database, too. */
  readonly catalogue: boolean;
}

/** Compares two images layer by layer, and says what explains the difference. */
export async function diffCommand(
  session: Session,
  before: string,
  after: string,
  options: DiffOptions,
): Promise<void> {
  const format = parseTableOrJson(options.format);
  const references = [parseReference(before), parseReference(after)] as const;
  const platform = parsePlatform(options.platform);
  const { policy } = session.settings;
  const today = new Date().toISOString().slice(0, 10);
  const [old, current] = await withCatalogue(session, options.catalogue, ({ knowledge, ...bases }) =>
    withImageLoader(session, async (load) => {
      const judge = async (reference: Reference) =>
        judgeLoaded(await load(reference, platform, bases), { policy, knowledge, today });
      return [await judge(references[0]), await judge(references[1])] as const;
    }),
  );
  const diff = diffImages(old.image, current.image);
  const techniques = recogniseTechniques(old, current);
  const names = references.map(formatReference) as [string, string];
  const described = { schema: 'slimboard.diff/1', old: names[0], new: names[1], diff, techniques };
  await writeTableOrJson(session.io, format, described, linesOf(names, diff, techniques));
}

const MARK = { kept: ' ', gone: '-', new: '+' } as const;

function linesOf(
  [before, after]: readonly [string, string],
  diff: ImageDiff,
  techniques: readonly RecognisedTechnique[],
): readonly string[] {
  return [
    `old           ${before}, ${humanBytes(diff.oldBytes)}`,
    `new           ${after}, ${humanBytes(diff.newBytes)}`,
    `change        ${signed(diff.changedBytes)}${percent(diff)}; ${humanBytes(diff.keptBytes)} are in both`,
    '',
    ...diff.layers.map(layerLine),
    '',
    'by what made the layers',
    ...diff.byClass.map(({ class: kind, changedBytes }) => `  ${kind.padEnd(14)}${signed(changedBytes)}`),
    ...(diff.settings.length === 0 ? [] : ['', `settings      ${diff.settings.join(', ')}`]),
    '',
    ...(techniques.length === 0
      ? ['No technique explains the change.']
      : ['techniques', ...techniques.map(techniqueLine)]),
  ];
}

function layerLine({ change, bytes, class: kind, instruction }: LayerChange): string {
  return `${MARK[change]} ${humanBytes(bytes).padStart(8)}  ${kind.padEnd(13)}  ${instruction}`;
}

function techniqueLine({ technique, evidence, savedBytes }: RecognisedTechnique): string {
  return `  ${techniqueOf(technique).title}: ${evidence} (${signed(-savedBytes)})`;
}

function signed(bytes: number): string {
  return bytes > 0 ? `+${humanBytes(bytes)}` : humanBytes(bytes);
}

function percent({ oldBytes, changedBytes }: ImageDiff): string {
  return oldBytes === 0 ? '' : ` (${changedBytes > 0 ? '+' : ''}${((changedBytes / oldBytes) * 100).toFixed(1)} %)`;
}
