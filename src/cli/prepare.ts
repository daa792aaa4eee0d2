import { reportRarely } from '../common/report-rarely.ts';
import { messageOf } from '../errors.ts';
import { createLogger, type Logger } from '../log.ts';
import { LIMITS } from '../policy/check-image.ts';
import { RULES } from '../policy/rule-registry.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { type GlobalOptions, type Io, showsColours } from './io.ts';
import { createNotices, type Notices } from './notices.ts';

/** What a command runs with: its settings, and a logger on stderr. */
export interface Session {
  readonly io: Io;
  readonly settings: Settings;
  readonly log: Logger;
  readonly notices: Notices;
  readonly quiet: boolean;
}

const RULE_IDS = RULES.map(({ id }) => id);

/**
 * Reads the settings for a command.
 * @throws SettingsError naming the file and line, variable or flag
 */
export async function prepare(io: Io, globals: GlobalOptions, flags: object = {}): Promise<Session> {
  const settings = await loadSettings({
    cwd: io.cwd,
    env: io.environment,
    flags: { ...globals, ...flags },
    configFile: globals.config,
    policyNames: { rules: RULE_IDS, violations: [...RULE_IDS, ...LIMITS.map(({ id }) => id)] },
  });
  const quiet = globals.quiet === true;
  const color = showsColours(io.stderr, io.environment);
  const log = createLogger({ ...settings.log, stream: io.stderr, quiet, color });
  io.onWarning?.(reportRarely(({ error, ...alike }) => log.warn(alike, messageOf(error))));
  const notices = createNotices(io.stderr, log, { format: settings.log.format, quiet });
  return { io, settings, quiet, log, notices };
}
