import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { oneAtATime } from '../common/one-at-a-time.ts';
import type { RegistryHost } from '../oci/reference.ts';
import type { QueueDepth } from '../queue/bullmq-queue.ts';
import type { AttemptOutcome } from '../queue/bullmq-workers.ts';
import type { TaskKind } from '../queue/queue.ts';
import type { AuditAge } from '../store/queued-audit-store.ts';

/** The outcome of auditing a repository, tag or manifest. */
type ItemOutcome = 'audited' | 'unchanged' | 'failed';

/** Readers for the gauges, called at each scrape. */
interface MetricsOptions {
  readonly queues?: () => Promise<readonly QueueDepth[]>;
  readonly audits?: () => Promise<readonly AuditAge[]>;
}

/** The metrics of one process, for Prometheus. Labels have few values: never a repository, tag or digest. */
export type Metrics = ReturnType<typeof createMetrics>;

/** How many registries get a label of their own; the others share one. Each has about 15 series in every process. */
const MAX_REGISTRIES = 1_000;
const PREFIX = 'slimboard_';

/** Creates the metrics of a process, all counters at zero. */
export function createMetrics(options: MetricsOptions = {}) {
  // Not prom-client's global registry: two apps in one process, as in tests, must not share counters.
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const gauges = [queueGauges(registry, options.queues), auditGauges(registry, options.audits)];
  const failures = new Counter({
    name: `${PREFIX}scrape_failures_total`,
    help: 'Scrapes without some figures, because Redis or the database did not answer',
    registers: [registry],
  });
  return {
    ...countersOf(registry),
    contentType: registry.contentType,
    /** The text of a scrape, in the format of `contentType`. */
    async text() {
      const results = await Promise.allSettled(gauges.map((refresh) => refresh()));
      if (results.some(({ status }) => status === 'rejected')) failures.inc();
      return registry.metrics();
    },
  };
}

function countersOf(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: readonly string[]) =>
    new Counter({ name: `${PREFIX}${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, label: string, buckets: number[]) =>
    new Histogram({ name: `${PREFIX}${name}`, help, labelNames: [label], buckets, registers });
  const items = counter('items_total', 'Repositories, tags and manifests, by outcome', 'outcome');
  const attempts = counter('task_attempts_total', 'Attempts at tasks, by kind and outcome', 'kind', 'outcome');
  const durations = histogram(
    'task_duration_seconds',
    'How long attempts at tasks take, by kind',
    'kind',
    [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
  );
  const requests = counter(
    'registry_requests_total',
    'Requests to registries, by status (none: no answer)',
    'registry',
    'status',
  );
  const waits = histogram(
    'governor_wait_seconds',
    'How long requests wait for their turn at a registry',
    'registry',
    [0.001, 0.01, 0.1, 1, 10, 60, 600],
  );
  const requeued = counter(
    'tasks_requeued_total',
    'Tasks that the queue had lost and that were put back from the database',
  );
  const known = new Set<string>();
  const labelOf = (host: RegistryHost): string => {
    if (known.size < MAX_REGISTRIES) known.add(host);
    return known.has(host) ? host : 'other';
  };
  return {
    countItems: (outcome: ItemOutcome, count: number) => items.inc({ outcome }, count),
    countAttempt(kind: TaskKind, outcome: AttemptOutcome, durationMs: number) {
      attempts.inc({ kind, outcome });
      durations.observe({ kind }, durationMs / 1_000);
    },
    /** @param status the HTTP status; undefined when no answer came */
    countRequest: (host: RegistryHost, status: number | undefined) =>
      requests.inc({ registry: labelOf(host), status: status ?? 'none' }),
    observeWait: (host: RegistryHost, waitMs: number) => waits.observe({ registry: labelOf(host) }, waitMs / 1_000),
    countRequeued: (tasks: number) => requeued.inc(tasks),
  };
}

type Refresh = () => Promise<void>;
const nothing: Refresh = async () => undefined;

/** Without a limit, a query to Redis would wait until the connection is back; Prometheus gives up after ten seconds. */
const ANSWER_WITHIN_MS = 3_000;

/**
 * Returns a function that reads the values of gauges and sets them; `read` never runs twice at the same time. If it
 * fails or takes too long, the gauges show nothing rather than old values.
 */
function refreshing<Values>(
  read: () => Promise<Values>,
  gauges: readonly Gauge[],
  set: (values: Values) => void,
): Refresh {
  const readOnce = oneAtATime(read);
  return async () => {
    const values = await withTimeout(readOnce()).finally(() => {
      for (const gauge of gauges) gauge.reset();
    });
    set(values);
  };
}

async function withTimeout<Values>(values: Promise<Values>): Promise<Values> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([values, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function queueGauges(registry: Registry, queues: MetricsOptions['queues']): Refresh {
  if (!queues) return nothing;
  const tasks = new Gauge({
    name: `${PREFIX}queue_tasks`,
    help: 'Tasks in the queue, by kind, lane and state',
    labelNames: ['kind', 'lane', 'state'],
    registers: [registry],
  });
  return refreshing(queues, [tasks], (values) => {
    for (const { kind, lane, ...counts } of values) {
      for (const state of ['waiting', 'active', 'delayed'] as const) tasks.set({ kind, lane, state }, counts[state]);
    }
  });
}

function auditGauges(registry: Registry, audits: MetricsOptions['audits']): Refresh {
  if (!audits) return nothing;
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `${PREFIX}${name}`, help, labelNames: ['source'], registers: [registry] });
  const age = gauge(
    'audit_age_seconds',
    'Time since the start of the last audit that ended as finished or incomplete, by source',
  );
  const duration = gauge(
    'audit_duration_seconds',
    'Duration of the last audit that ended as finished or incomplete, by source',
  );
  const running = gauge('audit_running', '1 while an audit of the source is running');
  return refreshing(audits, [age, duration, running], (values) => {
    for (const { source, ageSeconds, durationSeconds, running: isRunning } of values) {
      if (ageSeconds !== null) age.set({ source }, ageSeconds);
      if (durationSeconds !== null) duration.set({ source }, durationSeconds);
      running.set({ source }, isRunning ? 1 : 0);
    }
  });
}
