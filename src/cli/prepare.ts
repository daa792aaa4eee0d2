import { printable } from '../common/printable.ts';
import { reportRarely } from '../common/report-rarely.ts';
import { messageOf } from '../errors.ts';
import { createLogger, type Logger } from '../log.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { type GlobalOptions, type Io, showsColours } from './io.ts';

/** What a command runs with: its settings, and a logger on stderr. */
export interface Session {
  readonly io: Io;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Notices;
  readonly quiet: boolean;
}

/** What a command writes to stderr besides its log; with `--log-format json` into its log, so that all of stderr is JSON. */
interface Notices {
  /** Writes progress or an outcome; nothing with `--quiet`. */
  info(text: string): void;
  /** Writes something that needs the user's attention. */
  problem(text: string): void;
}

/** Reads the settings for a command. @throws SettingsError naming the file and line, variable or flag */
export async function prepare(io: Io, globals: GlobalOptions, flags: object = {}): Promise<Session> {
  const settings = await loadSettings({
    cwd: io.cwd,
    env: io.environment,
    flags: { ...globals, ...flags },
    configFile: globals.config,
  });
  const quiet = globals.quiet === true;
  const color = showsColours(io.stderr, io.environment);
  const log = createLogger({ ...settings.log, stream: io.stderr, quiet, color });
  io.onWarning?.(reportRarely(({ error, ...alike }) => log.warn(alike, messageOf(error))));
  const notices = settings.log.format === 'json' ? noticesInLog(log) : noticesOn(io, quiet);
  return { io, settings, quiet, log, notices };
}

function noticesInLog(log: Logger): Notices {
  return { info: (text) => log.info(text), problem: (text) => log.error(text) };
}

function noticesOn({ stderr }: Io, quiet: boolean): Notices {
  return {
    info: (text) => {
      if (!quiet) stderr.write(`${printable(text)}\n`);
    },
    problem: (text) => void stderr.write(`slimboard: ${printable(text)}\n`),
  };
}
