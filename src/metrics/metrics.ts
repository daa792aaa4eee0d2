import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { oneAtATime } from '../common/one-at-a-time.ts';
import type { RegistryHost } from '../oci/reference.ts';
import type { AttemptOutcome } from '../queue/bullmq-workers.ts';
import type { TaskKind } from '../queue/queue.ts';

/** What became of a repository, tag or manifest. */
export type ItemOutcome = 'audited' | 'unchanged' | 'failed';

/** The queue of one kind and lane, as a scrape finds it. */
export interface QueueGauge {
  readonly kind: TaskKind;
  readonly lane: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

/** The last audits of a source, as a scrape finds them. */
export interface AuditGauge {
  readonly source: string;
  /** Since the last audit that ended well; undefined when none did. */
  readonly ageSeconds: number | undefined;
  /** Of that audit. */
  readonly durationSeconds: number | undefined;
  readonly running: boolean;
}

export interface MetricsOptions {
  /** Asked at each scrape. */
  readonly queues?: () => Promise<readonly QueueGauge[]>;
  /** Asked at each scrape. */
  readonly audits?: () => Promise<readonly AuditGauge[]>;
}

/** The measures of one process, for Prometheus. Labels take few values: no repository, tag or digest is one. */
export interface Metrics {
  countItems(outcome: ItemOutcome, count: number): void;
  countAttempt(kind: TaskKind, outcome: AttemptOutcome, durationMs: number): void;
  /** @param status of HTTP; undefined when no answer came */
  countRequest(registry: RegistryHost, status: number | undefined): void;
  observeWait(registry: RegistryHost, waitMs: number): void;
  countRequeued(tasks: number): void;
  /** The text of a scrape, in the format of `contentType`. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** A registry that somebody names on the command line is a label value, too; past this many they share one. */
const MAX_REGISTRIES = 50;
const PREFIX = 'slimboard_';

/** Measures of their own for a process. @param options what is asked at each scrape: queues, and running audits */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  // Not prom-client's global one: two apps in one process, as in tests, must not share counters.
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: PREFIX });
  const gauges = [queueGauges(registry, options.queues), auditGauges(registry, options.audits)];
  const failures = new Counter({
    name: `${PREFIX}scrape_failures_total`,
    help: 'Scrapes that lack figures because Redis or the database did not answer',
    registers: [registry],
  });
  return {
    ...countersOf(registry),
    contentType: registry.contentType,
    async text() {
      const results = await Promise.allSettled(gauges.map((refresh) => refresh()));
      if (results.some(({ status }) => status === 'rejected')) failures.inc();
      return registry.metrics();
    },
  };
}

function countersOf(registry: Registry): Omit<Metrics, 'text' | 'contentType'> {
  const registers = [registry];
  const items = new Counter({
    name: `${PREFIX}items_total`,
    help: 'Repositories, tags and manifests, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const attempts = new Counter({
    name: `${PREFIX}task_attempts_total`,
    help: 'Attempts at tasks, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: `${PREFIX}task_duration_seconds`,
    help: 'How long attempts at tasks take, by kind',
    labelNames: ['kind'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
    registers,
  });
  const requests = new Counter({
    name: `${PREFIX}registry_requests_total`,
    help: 'Requests to registries, by status (none: no answer)',
    labelNames: ['registry', 'status'],
    registers,
  });
  const waits = new Histogram({
    name: `${PREFIX}governor_wait_seconds`,
    help: 'How long requests wait for their turn at a registry',
    labelNames: ['registry'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 60, 600],
    registers,
  });
  const requeued = new Counter({
    name: `${PREFIX}tasks_requeued_total`,
    help: 'Tasks that the queue had lost, and the database put back',
    registers,
  });
  const known = new Set<string>();
  const labelOf = (host: RegistryHost): string => {
    if (known.size < MAX_REGISTRIES) known.add(host);
    return known.has(host) ? host : 'other';
  };
  return {
    countItems: (outcome, count) => items.inc({ outcome }, count),
    countAttempt(kind, outcome, durationMs) {
      attempts.inc({ kind, outcome });
      durations.observe({ kind }, durationMs / 1_000);
    },
    countRequest: (host, status) => requests.inc({ registry: labelOf(host), status: status ?? 'none' }),
    observeWait: (host, waitMs) => waits.observe({ registry: labelOf(host) }, waitMs / 1_000),
    countRequeued: (tasks) => requeued.inc(tasks),
  };
}

type Refresh = () => Promise<void>;
const nothing: Refresh = async () => undefined;

/** A connection to Redis waits until it is back; Prometheus does so for ten seconds. */
const ANSWER_WITHIN_MS = 3_000;

/** Gauges that are asked for at each scrape, one question at a time. Without an answer they show nothing, not what was. */
function asked<Answer>(ask: () => Promise<Answer>, gauges: readonly Gauge[], show: (answer: Answer) => void): Refresh {
  const question = oneAtATime(ask);
  return async () => {
    const answer = await inTime(question()).finally(() => {
      for (const gauge of gauges) gauge.reset();
    });
    show(answer);
  };
}

async function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([answer, late]);
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
  return asked(queues, [tasks], (answers) => {
    for (const { kind, lane, ...counts } of answers) {
      for (const state of ['waiting', 'active', 'delayed'] as const) tasks.set({ kind, lane, state }, counts[state]);
    }
  });
}

function auditGauges(registry: Registry, audits: MetricsOptions['audits']): Refresh {
  if (!audits) return nothing;
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `${PREFIX}${name}`, help, labelNames: ['source'], registers: [registry] });
  const age = gauge('audit_age_seconds', 'Since the last audit that ended well began, by source');
  const duration = gauge('audit_duration_seconds', 'How long the last audit that ended well took, by source');
  const running = gauge('audit_running', '1 while an audit of the source is under way');
  return asked(audits, [age, duration, running], (answers) => {
    for (const { source, ...audit } of answers) {
      if (audit.ageSeconds !== undefined) age.set({ source }, audit.ageSeconds);
      if (audit.durationSeconds !== undefined) duration.set({ source }, audit.durationSeconds);
      running.set({ source }, audit.running ? 1 : 0);
    }
  });
}
