import { knowledgeOf } from '../../advise/alternatives.ts';
import { type RecognisedTechnique, recogniseTechniques } from '../../advise/recognise.ts';
import { techniqueOf } from '../../advise/technique.ts';
import { judgeLoaded } from '../../inspect/judge-loaded.ts';
import { diffImages, type ImageDiff, type LayerChange } from '../../measure/compare.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { withImageLoader } from '../image-loader.ts';
import type { Session } from '../prepare.ts';
import { parseTableOrJson, writeTableOrJson } from '../table-or-json.ts';

/** Compares two images layer by layer, and says what explains the difference. */
export async function diffCommand(
  session: Session,
  before: string,
  after: string,
  options: { readonly platform: string; readonly format: string },
): Promise<void> {
  const format = parseTableOrJson(options.format);
  const references = [parseReference(before), parseReference(after)] as const;
  const platform = parsePlatform(options.platform);
  const judge = {
    policy: session.settings.policy,
    knowledge: knowledgeOf([]),
    today: new Date().toISOString().slice(0, 10),
  };
  await withImageLoader(session, async (load) => {
    const [old, current] = [
      judgeLoaded(await load(references[0], platform), judge),
      judgeLoaded(await load(references[1], platform), judge),
    ];
    const diff = diffImages(old.image, current.image);
    const techniques = recogniseTechniques(old, current);
    const names = references.map(formatReference) as [string, string];
    const described = { schema: 'slimboard.diff/1', old: names[0], new: names[1], diff, techniques };
    await writeTableOrJson(session.io, format, described, linesOf(names, diff, techniques));
  });
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
