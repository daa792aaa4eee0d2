import type { Advice, PlanStep } from '../../advise/advise.ts';
import { type GeneratedFiles, generateDockerfile, lastStageBase } from '../../advise/dockerfile/generate.ts';
import { techniqueOf } from '../../advise/technique.ts';
import { parseGoal } from '../../common/units.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import type { ByteRange } from '../../policy/finding.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { todayOf } from '../io.ts';
import type { Session } from '../prepare.ts';
import { parseTableOrJson, writeTableOrJson } from '../table-or-json.ts';
import { withAssessor } from '../with-assessor.ts';

interface AdviseOptions {
  readonly platform: string;
  readonly format: string;
  readonly goal: string | undefined;
  /** Whether to look base images up in the database's catalogue, too. */
  readonly catalogue: boolean;
}

/** Shows which techniques make one image smaller and by how much, and a Dockerfile to begin with. */
export async function adviseCommand(session: Session, text: string, options: AdviseOptions): Promise<void> {
  const format = parseTableOrJson(options.format);
  const goal = options.goal === undefined ? undefined : parseGoal(options.goal);
  const reference = parseReference(text);
  const { loaded, image, advice } = await withAssessor(session, { ...options, goal }, (assess) => assess(reference));
  const files = generateDockerfile(image, lastStageBase(image, advice), todayOf(session.io));
  const name = formatReference(reference);
  const members = { reference: name, digest: loaded.digest, advice, files: files ?? null };
  const document = jsonDocument('slimboard.advice/1', members);
  await writeTableOrJson(session.io, format, document, linesOf(name, advice, files));
}

function linesOf(reference: string, advice: Advice, files: GeneratedFiles | undefined): readonly string[] {
  return [
    `image         ${reference}`,
    `pull size     ${humanBytes(advice.currentBytes)}, slim score ${advice.slimScore}`,
    `goal          ${humanBytes(advice.goal.bytes)}: ${goalText(advice)}`,
    '',
    ...(advice.plan.length === 0
      ? ['slimboard knows nothing that would make it smaller.']
      : advice.plan.flatMap(stepLines)),
    ...warningLines(advice),
    ...(files
      ? [
          '',
          '# Dockerfile',
          ...files.dockerfile.trimEnd().split('\n'),
          '',
          '# .dockerignore',
          ...files.dockerignore.trimEnd().split('\n'),
        ]
      : []),
  ];
}

/** For `perhaps` shows both ends of the range, which are far apart if only the history is known. */
function goalText({ goal, plan, currentBytes }: Advice): string {
  const by = goal.by.join(', ');
  if (goal.reach === 'yes') return by === '' ? 'reached already' : `reached by ${by}`;
  if (goal.reach === 'no') {
    const best = plan.at(-1)?.projection.after.min ?? currentBytes;
    return `out of reach: what is advised here leaves ${humanBytes(best)} at best`;
  }
  const after = plan.find(({ projection }) => projection.techniques.length === goal.by.length)?.projection.after;
  return `perhaps within reach by ${by}${after ? `: ${humanBytes(after.min)} at best, ${humanBytes(after.max)} at worst` : ''}`;
}

function stepLines({ technique, projection }: PlanStep, at: number): readonly string[] {
  const { title, how } = techniqueOf(technique);
  // An estimate uses the size of a similar base; the Dockerfile may name a later release.
  const sizedAs = projection.basis === 'estimate' ? 'sized as ' : '';
  const base = projection.base ? ` (${sizedAs}${projection.base})` : '';
  return [
    `${at + 1}. ${title}${base}: then ${range(projection.after)}, ${range(projection.savings)} less in total, ${projection.basis === 'estimate' ? 'an estimate' : 'from measured sizes'}`,
    `   ${how}`,
  ];
}

function range({ min, max }: ByteRange): string {
  return humanBytes(min) === humanBytes(max) ? humanBytes(min) : `${humanBytes(min)} to ${humanBytes(max)}`;
}

function warningLines({ plan }: Advice): readonly string[] {
  const warnings = [...new Set(plan.flatMap(({ projection }) => projection.warnings))];
  return warnings.length === 0 ? [] : ['', 'Mind', ...warnings.map((warning) => `- ${warning}`)];
}
