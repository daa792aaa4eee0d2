import { rememberOf } from '../../common/remember.ts';
import { type BuildStep, commandsOf } from './build-steps.ts';
import { rememberCommand } from './instruction.ts';

/** A package manager before one of its verbs, with options in between. */
const MANAGERS =
  /\b(apk|apt-get|apt|pacman|yum|dnf|microdnf|tdnf|zypper)(?= (?:-[\w-]+(?:[= ]\d+)? )*(?:add|install|update|upgrade|-S|del|remove))/g;
/** Package managers whose commands contain the verb in their name, or that have verbs of their own. */
const OTHER_MANAGERS =
  /\b(xbps)-(?:install|remove|reconfigure)\b|\b(emerge)(?:-webrsync\b| -)|\b(swupd) (?:bundle-add|update)\b/g;

const managersIn: (command: string) => readonly string[] = rememberCommand((command) => {
  const common = [...command.matchAll(MANAGERS)].map(([, name = '']) => (name === 'apt-get' ? 'apt' : name));
  return common.concat([...command.matchAll(OTHER_MANAGERS)].flatMap((match) => match.slice(1).filter(Boolean)));
});

/** The package managers that RUN steps call; `apt-get` counts as `apt`. Remembered, since several claims ask. */
export const packageManagersOf = rememberOf(
  (steps: readonly BuildStep[]): ReadonlySet<string> => new Set(commandsOf(steps).flatMap(managersIn)),
);
