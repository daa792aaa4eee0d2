import type { Logger } from '../log.ts';
import type { Io } from './io.ts';

/** What a command says on stderr beside its log. With `--log-format json` it is in the log: all of stderr is JSON then. */
export interface Notices {
  /** How far it is, and how it went: nothing with `--quiet`. */
  info(text: string): void;
  /** What somebody should see to. */
  problem(text: string): void;
}

export interface NoticeOptions {
  readonly format: 'pretty' | 'json';
  readonly quiet: boolean;
}

/** Notices of one command; with `--log-format json` they go through its log. */
export function createNotices(stderr: Io['stderr'], log: Logger, { format, quiet }: NoticeOptions): Notices {
  if (format === 'json') return { info: (text) => log.info(text), problem: (text) => log.error(text) };
  return {
    info: (text) => {
      if (!quiet) stderr.write(`${text}\n`);
    },
    problem: (text) => void stderr.write(`slimboard: ${text}\n`),
  };
}
