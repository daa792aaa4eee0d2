import type { Advice, PlanStep } from '../../advise/advise.ts';
import { type GeneratedFiles, type NoDockerfile, proposeDockerfile } from '../../advise/dockerfile/generate.ts';
import { largerBaseOf } from '../../advise/dockerfile/larger-base.ts';
import { howTo, techniqueOf } from '../../advise/technique.ts';
import { type Runtime, runtimeOf } from '../../classify/verdict.ts';
import { parseFlag } from '../../common/flags.ts';
import { humanBytes, humanRange } from '../../measure/human-bytes.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { parseGoal } from '../../policy/goal.ts';
import { viewImage } from '../../policy/image-view.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { todayOf } from '../io.ts';
import type { ImageOptions } from '../options.ts';
import type { Session } from '../prepare.ts';
import { writeTableOrJson } from '../table-or-json.ts';
import { withAssessor } from '../with-assessor.ts';

/** The options of `advise`. */
export interface AdviseOptions extends ImageOptions {
  readonly goal?: string;
}

/** Shows which techniques make one image smaller and by how much, and a Dockerfile to begin with. */
export async function adviseCommand(session: Session, text: string, options: AdviseOptions): Promise<void> {
  const { goal: wanted } = options;
  const goal = wanted === undefined ? undefined : parseFlag('--goal', () => parseGoal(wanted));
  const reference = parseReference(text);
  const assessed = await withAssessor(session, { ...options, goal }, (assess) => assess(reference));
  const { loaded, image, advice } = assessed;
  const files = proposeDockerfile(assessed, todayOf(session.io));
  const name = formatReference(reference);
  const members = { reference: name, digest: loaded.digest, advice, files: 'because' in files ? null : files };
  const document = jsonDocument('slimboard.advice/1', members);
  const holdsMore = largerBaseOf(viewImage(image)) !== undefined;
  const runtime = runtimeOf(image.verdict).name;
  await writeTableOrJson(session.io, options.format, document, linesOf(name, advice, files, { holdsMore, runtime }));
}

/** The present image. */
interface Present {
  readonly runtime: Runtime;
  /** Whether its base has more than a runtime, which stays when the runtime is replaced. */
  readonly holdsMore: boolean;
}

function linesOf(
  reference: string,
  advice: Advice,
  files: GeneratedFiles | NoDockerfile,
  present: Present,
): readonly string[] {
  return [
    `image         ${reference}`,
    `pull size     ${humanBytes(advice.currentBytes)}, slim score ${advice.slimScore}`,
    `goal          ${humanBytes(advice.goal.bytes)}: ${goalText(advice)}`,
    '',
    ...(advice.plan.length === 0
      ? ['slimboard knows nothing that would make it smaller.']
      : advice.plan.flatMap((step, at) => stepLines(step, at, advice.plan[at - 1], present))),
    ...warningLines(advice),
    '',
    ...fileLines(files),
  ];
}

function fileLines(files: GeneratedFiles | NoDockerfile): readonly string[] {
  if ('because' in files) return [`no Dockerfile: ${files.because}.`];
  return [
    'Dockerfile:',
    ...files.dockerfile.trimEnd().split('\n'),
    '',
    '.dockerignore:',
    ...files.dockerignore.trimEnd().split('\n'),
  ];
}

/** For `perhaps` shows both ends of the range, which are far apart if only the history is known. */
function goalText({ goal, plan }: Advice): string {
  const best = plan.at(-1)?.projection.after.min;
  if (goal.reach === 'no')
    return best === undefined
      ? 'out of reach'
      : `out of reach: what is advised here leaves ${humanBytes(best)} at best`;
  const last = plan.findIndex(({ projection }) => projection.techniques.length === goal.by.length);
  const step = plan[last];
  if (!step) return 'reached already';
  const { after } = step.projection;
  return goal.reach === 'yes'
    ? `reached after step ${last + 1}`
    : `perhaps within reach after step ${last + 1}: ${humanBytes(after.min)} at best, ${humanBytes(after.max)} at worst`;
}

function stepLines(
  { technique, projection }: PlanStep,
  at: number,
  before: PlanStep | undefined,
  { runtime, holdsMore }: Present,
): readonly string[] {
  const used = techniqueOf(technique);
  // An estimate uses the size of a similar base; the Dockerfile may name a later release.
  const sizedAs = projection.basis === 'estimate' ? 'sized as ' : holdsMore ? 'on ' : '';
  const isNew = projection.base !== before?.projection.base;
  const base = projection.base && isNew ? ` (${sizedAs}${projection.base})` : '';
  return [
    `${at + 1}. ${used.title}${base}: then ${humanRange(projection.after)}, ${humanRange(projection.savings)} less in total, ${projection.basis === 'estimate' ? 'an estimate' : 'from measured sizes'}`,
    `   ${howTo(used, runtime)}`,
  ];
}

function warningLines({ plan }: Advice): readonly string[] {
  const warnings = [...new Set(plan.flatMap(({ projection }) => projection.warnings))];
  return warnings.length === 0 ? [] : ['', 'Mind', ...warnings.map((warning) => `- ${warning}`)];
}
