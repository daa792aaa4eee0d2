import { printable } from '../common/printable.ts';
import type { Logger } from '../log.ts';
import type { Io } from './io.ts';

/** What a command writes to stderr besides its log; with `--log-format json` into its log, so that all of stderr is JSON. */
export interface Notices {
  /** Writes progress or an outcome; nothing with `--quiet`. */
  info(text: string): void;
  /** Writes something that needs the user's attention. */
  problem(text: string): void;
}

/** How notices are written. */
export interface NoticeOptions {
  readonly format: 'pretty' | 'json';
  readonly quiet: boolean;
}

/** Creates the notices of one command, which go to its log if the format is `json`. */
export function createNotices(stderr: Io['stderr'], log: Logger, { format, quiet }: NoticeOptions): Notices {
  if (format === 'json') return { info: (text) => log.info(text), problem: (text) => log.error(text) };
  return {
    info: (text) => {
      if (!quiet) stderr.write(`${printable(text)}\n`);
    },
    problem: (text) => void stderr.write(`slimboard: ${printable(text)}\n`),
  };
}
