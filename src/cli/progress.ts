import type { AuditEvents } from '../audit/context.ts';
import { counted } from '../common/plural.ts';
import type { AuditStage } from '../store/audit-store.ts';
import type { DoneSoFar } from '../store/progress-store.ts';
import { isSmartTerminal, terminalColumns } from './io.ts';
import type { Session } from './prepare.ts';

type ProgressScope = Pick<Session, 'io' | 'settings' | 'notices' | 'quiet'>;

/** A terminal shows one line, which is overwritten; elsewhere a line is written every few seconds. */
const TERMINAL_MS = 200;
const LOG_MS = 5_000;

/** Counts what an audit does, and shows it on stderr until it ends; shows nothing with `--quiet`. */
export function createProgress({ io, settings, notices, quiet }: ProgressScope) {
  const { stderr } = io;
  const { line, ...counting } = createTally();
  const onTerminal = isSmartTerminal(stderr, io.environment) && settings.log.format === 'pretty';
  const erase = (): void => {
    if (onTerminal && !quiet) stderr.write('\r\u001b[K');
  };
  /** Says that the audit was stopped before, and goes on. */
  const resumed = (auditId: number): void => {
    erase();
    notices.info(`audit ${auditId} goes on from where it was stopped`);
  };
  const show = (): void => {
    if (onTerminal) stderr.write(`\r${clip(line(), terminalColumns(stderr) ?? 80)}\u001b[K`);
    else notices.info(line());
  };
  const timer = quiet ? undefined : setInterval(show, onTerminal ? TERMINAL_MS : LOG_MS).unref();
  let ended = false;
  /** Stops, as the signal does, and removes the line from the terminal; may be called twice. */
  const end = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    erase();
  };
  io.signal.addEventListener('abort', end, { once: true });
  return { ...counting, resumed, end };
}

/** What an audit does when it has read all tags, which may take hours; in front, as terminals may be narrow. */
const STAGE_TEXTS: Readonly<Partial<Record<AuditStage, (layers: LayerCounts) => string | undefined>>> = {
  // Without --deep, the stage passes without any.
  layers: ({ done, listed }) => (listed > 0 ? `reading layers, ${done} of ${listed}` : undefined),
  assess: () => 'assessing images',
  close: () => 'computing totals',
};

const WAITING =
  'an audit of these sources has not ended: waiting for a sign of life, or a minute without one, to go on with it';

interface LayerCounts {
  readonly done: number;
  readonly listed: number;
}

const NO_COUNTS: DoneSoFar = {
  repositories: 0,
  tags: 0,
  audited: 0,
  unchanged: 0,
  failed: 0,
  requests: 0,
  throttled: 0,
};

function createTally() {
  const counts = { ...NO_COUNTS };
  const layers = { done: 0, listed: 0 };
  let stage: AuditStage = 'inventory';
  let doneBefore = 0;
  /** Undefined while another audit is waited for. */
  let startedAt: number | undefined = Date.now();
  const events: AuditEvents = {
    resumed: (done) => {
      Object.assign(counts, done);
      doneBefore = doneOf(done);
    },
    repositoryListed: (_source, _repository, tags) => {
      counts.repositories++;
      counts.tags += tags;
    },
    itemDone: (outcome, count) => {
      counts[outcome] += count;
    },
    itemFailed: () => {
      counts.failed++;
    },
    layersListed: (count) => {
      layers.listed = count;
    },
    layerDone: () => {
      layers.done++;
    },
    stageBegan: (began) => {
      stage = began;
    },
    // The command itself shows the outcome.
    auditEnded: () => undefined,
  };
  return {
    events,
    countRequest: (isThrottled: boolean) => {
      counts.requests++;
      if (isThrottled) counts.throttled++;
    },
    /** From now on the line tells that an audit which has not ended is waited for, until this one starts. */
    waits: () => {
      startedAt = undefined;
    },
    starts: () => {
      startedAt = Date.now();
    },
    /** What was counted so far, in one line; the rate only while tags are read, and of this process. */
    line: () => {
      if (startedAt === undefined) return WAITING;
      const text = STAGE_TEXTS[stage]?.(layers);
      return text
        ? `${text}: ${countsOf(counts)}`
        : `${countsOf(counts)}, ${rateOf(doneOf(counts) - doneBefore, (Date.now() - startedAt) / 1_000)}`;
    },
  };
}

function countsOf(counts: DoneSoFar): string {
  const { repositories, tags, unchanged, failed, requests, throttled } = counts;
  const done = doneOf(counts);
  // The tags of a large repository are read while it is still being listed.
  const ofTags = done <= tags ? `${done} of ${counted(tags, 'tag')}` : counted(done, 'tag');
  return (
    `${counted(repositories, 'repository')}, ${ofTags} (${unchanged} unchanged, ${failed} failed), ` +
    `${counted(requests, 'request')}${throttled > 0 ? ` (${throttled} throttled)` : ''}`
  );
}

function rateOf(done: number, seconds: number): string {
  return `${Math.round(done / Math.max(1, Math.round(seconds)))} tags/s`;
}

function doneOf({ audited, unchanged }: DoneSoFar): number {
  return audited + unchanged;
}

function clip(text: string, columns: number): string {
  return text.length < columns ? text : text.slice(0, columns - 1);
}
