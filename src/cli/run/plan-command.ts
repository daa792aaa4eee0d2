import { withStore } from '../../app/open-store.ts';
import { type AuditEstimate, estimateAudit, type ObservedRequests } from '../../audit/estimating/estimate.ts';
import { counted } from '../../common/plural.ts';
import type { Database } from '../../database/database.ts';
import { SettingsError, SlimboardError } from '../../errors.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { ECR_QUOTAS_PER_SECOND } from '../../registry/ecr/cost.ts';
import { createInProcessGovernor } from '../../registry/governor/in-process-governor.ts';
import type { PlaceOptions, Registry, RequestGovernor } from '../../registry/registry.ts';
import { jsonDocument } from '../../report/json-document.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openSource } from '../open-source.ts';
import type { TableOrJson } from '../options.ts';
import type { Session } from '../prepare.ts';
import { writeTableOrJson } from '../table-or-json.ts';
import { factLines, labelled, MAX_FAILURES_SHOWN } from '../text.ts';
import { type SelectionFlags, wantedSources } from '../wanted-sources.ts';

/** The options of `plan` that are no settings of a source. */
export interface PlanOptions extends SelectionFlags {
  readonly format: TableOrJson;
}

/** Shows what an audit would cost each registry. Reports what cannot be listed, and plans the rest. */
export async function planCommand(
  session: Session,
  targets: readonly string[],
  { format, ...flags }: PlanOptions,
): Promise<ExitCode> {
  const sources = wantedSources(targets, session.settings, flags);
  if (sources.length === 0)
    throw new SettingsError('there is nothing to plan: name a registry, or write sources into slimboard.yaml');
  return withStore(session.settings, 'write', async (db) => {
    const results: (AuditEstimate | SlimboardError)[] = [];
    for (const source of sources) results.push(await planSource(session, db, source));
    if (results.every((result) => result instanceof SettingsError)) return EXIT.usage;
    const estimates = results.flatMap((result) => (result instanceof SlimboardError ? [] : [result]));
    const plan = jsonDocument('slimboard.plan/1', { sources: estimates });
    await writeTableOrJson(session.io, format, plan, linesOfAll(estimates));
    const isWhole = estimates.length === sources.length && estimates.every(({ unlisted }) => unlisted === undefined);
    return isWhole ? EXIT.done : EXIT.failure;
  });
}

/** Plans one source. Reports what cannot be listed. @returns the error if that is the whole source */
async function planSource(
  session: Session,
  db: Database,
  source: SourceSettings,
): Promise<AuditEstimate | SlimboardError> {
  const observed: ObservedRequests = { requests: 0, totalMs: 0, last: undefined };
  let registry: Registry | undefined;
  try {
    registry = await openSource(session, source, { governor: observing(createInProcessGovernor(), observed) });
    const estimate = await estimateAudit({ settings: source, registry, db, signal: session.io.signal }, observed);
    reportUnlisted(session, source.name, estimate.unlisted ?? []);
    return estimate;
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    session.notices.problem(labelled(source.name, error.message));
    return error;
  } finally {
    await registry?.close();
  }
}

function reportUnlisted({ notices }: Session, source: string, messages: readonly string[]): void {
  for (const message of messages.slice(0, MAX_FAILURES_SHOWN)) notices.problem(labelled(source, message));
  const others = messages.length - MAX_FAILURES_SHOWN;
  if (others > 0) notices.problem(`${source}: … and ${others} more`);
}

/** Wraps a governor to record how long requests take, and the limits that the registry announces. */
function observing(governor: RequestGovernor<PlaceOptions>, observed: ObservedRequests): RequestGovernor<PlaceOptions> {
  return {
    async acquire(registry, options) {
      const settle = await governor.acquire(registry, options);
      const startedAt = performance.now();
      return (outcome) => {
        observed.requests++;
        observed.totalMs += performance.now() - startedAt;
        if (outcome.remaining !== undefined) observed.last = outcome;
        settle(outcome);
      };
    },
  };
}

function linesOfAll(estimates: readonly AuditEstimate[]): readonly string[] {
  return estimates.flatMap((estimate, index) => [...(index > 0 ? [''] : []), ...linesOf(estimate)]);
}

function linesOf(estimate: AuditEstimate): readonly string[] {
  const { requests, durationMs } = estimate;
  const range = (min: string, max: string) => (min === max ? min : `${min} to ${max}`);
  const lines = [
    ['source', estimate.source],
    ['repositories', `${estimate.repositories}`],
    ...unlistedLine(estimate),
    ['tags', `${estimate.tags}, ${estimate.newItems} tags or digests to read`],
    ...layersLine(estimate),
    ['requests', `${range(`${requests.min}`, `${requests.max}`)}, ${estimate.listingRequests} of them for listing`],
    ...Object.entries(estimate.operations ?? {}).map(([name, { min, max }]) => [
      '',
      `${range(`${min}`, `${max}`)} ${name}`,
    ]),
    ['limit', limitOf(estimate)],
    ['takes about', range(duration(durationMs.min), duration(durationMs.max))],
  ];
  return factLines(lines);
}

function unlistedLine({ unlisted }: AuditEstimate): readonly string[][] {
  return unlisted
    ? [['not listed', `${counted(unlisted.length, 'list')} of repositories or tags, not counted here`]]
    : [];
}

function layersLine({ unreadLayers, newItems }: AuditEstimate): readonly string[][] {
  if (!unreadLayers) return [];
  const ofNew = newItems > 0 ? ', plus the layers of what is new' : '';
  return [['layers', `${unreadLayers.count} to read, ${humanBytes(unreadLayers.bytes)}${ofNew}`]];
}

function limitOf({ limit, operations }: AuditEstimate): string {
  if (limit) return `${limit.remaining} left${limit.windowMs ? ` in a window of ${duration(limit.windowMs)}` : ''}`;
  if (!operations) return 'none announced';
  const quotas = Object.entries(ECR_QUOTAS_PER_SECOND).map(([name, perSecond]) => `${perSecond} ${name}`);
  return `${quotas.join(', ')} a second, shared with every pull`;
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
