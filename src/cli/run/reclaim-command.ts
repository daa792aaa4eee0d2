import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { withStore } from '../../app/open-store.ts';
import { flagOf } from '../../common/flags.ts';
import { SettingsError, unreadableFile } from '../../errors.ts';
import { findSummary } from '../../report/audit-summary.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { lifecycleSimulation } from '../../report/kinds/lifecycle.ts';
import { reclaimable } from '../../report/kinds/reclaim.ts';
import type { KindName } from '../../report/names.ts';
import { checkRequest } from '../../report/open-report.ts';
import { type InUse, NOTHING_IN_USE, parseInUse } from '../../report/reclaim/in-use.ts';
import { parseLifecyclePolicy } from '../../report/reclaim/lifecycle-policy.ts';
import { nearestPolicy } from '../../report/reclaim/nearest-policy.ts';
import type { Io } from '../io.ts';
import type { Session } from '../prepare.ts';
import { checkOutput, writeOutput } from '../write-output.ts';
import { filtersOf, type ReportOptions } from './report-command.ts';
import { findProblem } from './report-problem.ts';

/** The options that only `report reclaim` has. */
export interface ReclaimOptions {
  /** A file that lists the images in use. */
  readonly inUse?: string | undefined;
  /** A file with a lifecycle policy of Amazon ECR. */
  readonly simulate?: string | undefined;
  /** Whether to write the nearest policy instead of a report. */
  readonly lifecyclePolicy?: boolean | undefined;
}

/**
 * Returns the kind that the options select.
 * @throws SettingsError when the kind has no such option, or a file cannot be read
 */
export async function kindOf(io: Io, name: KindName, options: ReclaimOptions): Promise<ReportKind> {
  refuseElsewhere(name, options);
  if (name !== 'reclaim') return KINDS[name];
  const { simulate } = options;
  const inUse = await readInUse(io, options);
  return simulate === undefined
    ? reclaimable(inUse)
    : lifecycleSimulation(parseLifecyclePolicy(await readText(io, simulate, 'the lifecycle policy')), inUse);
}

/**
 * Writes the lifecycle policy of Amazon ECR that comes nearest to what `report reclaim` proposes.
 * @throws SettingsError when nothing is known of the repositories: the policy could expire what is in use there
 */
export async function policyCommand(
  session: Session,
  name: KindName,
  options: ReclaimOptions,
  report: ReportOptions,
): Promise<void> {
  const { io, settings } = session;
  refuseElsewhere(name, options);
  const { format = 'json', audit, sort, limit } = report;
  if (format !== 'json' || [options.simulate, audit, sort, limit].some((value) => value !== undefined))
    throw new SettingsError(
      '--lifecycle-policy cannot be combined with --simulate, --audit, --sort, --limit or a format other than json',
    );
  const filters = filtersOf(report);
  const request = { filters, now: io.now() };
  // The filters of a simulation: by one it is found which rules would touch what is in use.
  checkRequest(lifecycleSimulation([], NOTHING_IN_USE), request);
  checkOutput(report.output);
  const inUse = await readInUse(io, options);
  return withStore(settings, 'read', async (db) => {
    const summary = await findSummary(db, undefined, filters.source);
    const problem = await findProblem(db, settings, { audit: summary, kind: name }, request);
    if (problem !== undefined) throw new SettingsError(problem);
    const policy = await nearestPolicy(db, inUse, request);
    await writeOutput(io, { output: report.output, format: 'json' }, [`${JSON.stringify(policy, null, 2)}\n`], null);
  });
}

function refuseElsewhere(name: KindName, options: ReclaimOptions): void {
  if (name === 'reclaim') return;
  for (const [option, value] of Object.entries(options)) {
    if (value !== undefined)
      throw new SettingsError(`report ${name} does not accept ${flagOf(option)}: only "report reclaim" does`);
  }
}

async function readInUse(io: Io, { inUse }: ReclaimOptions): Promise<InUse> {
  return inUse === undefined ? NOTHING_IN_USE : parseInUse(await readText(io, inUse, 'the list of images in use'));
}

async function readText(io: Io, file: string, what: string): Promise<string> {
  const path = resolve(io.cwd, file);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadableFile(`${what} ${path}`, cause);
  }
}
