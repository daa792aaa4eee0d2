import {
  type RecognisedTechnique,
  recogniseTechniques,
  savedByPart,
  undoneTechniques,
} from '../../advise/recognise.ts';
import { techniqueOf } from '../../advise/technique.ts';
import { diffImages, type ImageDiff, type LayerChange } from '../../measure/compare.ts';
import { humanBytes, signedBytes, signedPercent } from '../../measure/human-bytes.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { jsonDocument } from '../../report/json-document.ts';
import type { ImageOptions } from '../options.ts';
import type { Session } from '../prepare.ts';
import { writeTableOrJson } from '../table-or-json.ts';
import { withAssessor } from '../with-assessor.ts';

/** Compares two images layer by layer, and names the techniques that explain the difference. */
export async function diffCommand(
  session: Session,
  before: string,
  after: string,
  options: ImageOptions,
): Promise<void> {
  const references = { old: parseReference(before), new: parseReference(after) };
  const [old, current] = await withAssessor(
    session,
    options,
    async (assess) => [await assess(references.old), await assess(references.new)] as const,
  );
  const diff = diffImages(old.image, current.image);
  const techniques = recogniseTechniques(old, current);
  const undone = undoneTechniques(old, current);
  const saved = savedByPart(old, current);
  const names = { old: formatReference(references.old), new: formatReference(references.new) };
  const document = jsonDocument('slimboard.diff/1', {
    ...names,
    diff,
    techniques,
    undone,
    savedBytes: saved ?? null,
  });
  const lines = [...linesOf(names, diff), '', ...explanation(diff, techniques, undone, saved)];
  await writeTableOrJson(session.io, options.format, document, lines);
}

const MARK = { kept: ' ', gone: '-', new: '+' } as const;

function linesOf(names: { readonly old: string; readonly new: string }, diff: ImageDiff): readonly string[] {
  const percent = signedPercent(diff.changedBytes, diff.oldBytes);
  return [
    `old           ${names.old}, ${humanBytes(diff.oldBytes)}`,
    `new           ${names.new}, ${humanBytes(diff.newBytes)}`,
    `change        ${signedBytes(diff.changedBytes)}${percent ? ` (${percent})` : ''}; ${humanBytes(diff.keptBytes)} are in both`,
    '',
    ...diff.layers.map(layerLine),
    ...(diff.byClass.length === 0 ? [] : ['', 'by what made the layers']),
    ...diff.byClass.map(({ class: kind, changedBytes }) => `  ${kind.padEnd(14)}${signedBytes(changedBytes)}`),
    ...(diff.settings.length === 0 ? [] : ['', `settings      ${diff.settings.join(', ')}`]),
  ];
}

function layerLine({ change, bytes, class: kind, instruction }: LayerChange): string {
  return `${MARK[change]} ${humanBytes(bytes).padStart(8)}  ${kind.padEnd(13)}  ${instruction}`;
}

/** Lists the techniques that the later build applied, and those that it undid, which explain growth. */
function explanation(
  { layers }: ImageDiff,
  techniques: readonly RecognisedTechnique[],
  undone: readonly RecognisedTechnique[],
  saved: ReturnType<typeof savedByPart>,
): readonly string[] {
  if (layers.every(({ change }) => change === 'kept')) return ['Both have the same layers.'];
  if (techniques.length + undone.length === 0) return ['No technique explains the change.'];
  return [...techniqueLines('techniques', techniques, saved), ...techniqueLines('undone techniques', undone, saved)];
}

/**
 * Groups techniques by the layers that they change. Each group shows its bytes once: they cannot be divided among its
 * techniques.
 */
function techniqueLines(
  title: string,
  techniques: readonly RecognisedTechnique[],
  saved: ReturnType<typeof savedByPart>,
): readonly string[] {
  return (['base', 'own'] as const).flatMap((part) => {
    const lines = techniques
      .filter((technique) => technique.part === part)
      .map(({ technique, evidence }) => `  ${techniqueOf(technique).title}: ${evidence}`);
    const heading = `${title}, ${part === 'base' ? 'base' : 'own layers'}`;
    return lines.length === 0 ? [] : [saved ? `${heading} (${signedBytes(-saved[part])})` : heading, ...lines];
  });
}
