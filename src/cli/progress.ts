import type { AuditEvents } from '../audit/context.ts';
import { columnsOf } from './io.ts';
import type { Session } from './prepare.ts';

/** Items that failed for one and the same reason: refused credentials fail a whole registry. */
export interface FailureGroup {
  readonly item: string;
  readonly message: string;
  readonly count: number;
}

export interface Progress {
  readonly events: AuditEvents;
  countRequest(): void;
  /** The items that failed: all counted, the first of each message kept. */
  failures(): {
    readonly count: number;
    readonly first: readonly FailureGroup[];
  };
  /** Takes the line off the terminal; may be called twice. */
  end(): void;
}

type ProgressScope = Pick<Session, 'io' | 'settings' | 'notices' | 'quiet'>;

/** On a terminal one line that is written over; elsewhere a line every few seconds. */
const TERMINAL_MS = 200;
const LOG_MS = 5_000;
/** So many failures are told at the end; all of them are in the report. */
const FAILURES_TOLD = 10;

/** Counts what an audit does and shows it on stderr. */
export function createProgress({ io, settings, notices, quiet }: ProgressScope): Progress {
  const { stderr } = io;
  const counts = { repositories: 0, tags: 0, audited: 0, unchanged: 0, failed: 0, requests: 0 };
  const failures = new Map<string, FailureGroup>();
  const startedAt = Date.now();
  const line = (): string => {
    const seconds = Math.max(1, Math.round((Date.now() - startedAt) / 1000));
    const done = counts.audited + counts.unchanged;
    return (
      `${counts.repositories} repositories, ${done} of ${counts.tags} tags (${counts.unchanged} unchanged, ${counts.failed} failed), ` +
      `${counts.requests} requests, ${Math.round(done / seconds)} tags/s`
    );
  };
  const onTerminal = stderr.isTTY === true && settings.log.format === 'pretty';
  const show = (): void => {
    if (onTerminal) stderr.write(`\r${clip(line(), columnsOf(stderr) ?? 80)}\u001b[K`);
    else notices.info(line());
  };
  const timer = quiet ? undefined : setInterval(show, onTerminal ? TERMINAL_MS : LOG_MS).unref();
  let ended = false;
  return {
    events: {
      repositoryListed: (_source, _repository, tags) => {
        counts.repositories++;
        counts.tags += tags;
      },
      itemDone: (_source, outcome, count) => {
        counts[outcome] += count;
      },
      itemFailed: (_source, item, message) => {
        counts.failed++;
        const group = failures.get(message);
        if (group || failures.size < FAILURES_TOLD)
          failures.set(message, { message, item: group?.item ?? item, count: (group?.count ?? 0) + 1 });
      },
      // Its end is the command's result.
      auditEnded: () => undefined,
    },
    countRequest: () => {
      counts.requests++;
    },
    failures: () => ({ count: counts.failed, first: [...failures.values()] }),
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      if (onTerminal && !quiet) stderr.write('\r\u001b[K');
    },
  };
}

function clip(text: string, columns: number): string {
  return text.length < columns ? text : text.slice(0, columns - 1);
}
