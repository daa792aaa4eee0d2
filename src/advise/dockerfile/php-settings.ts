import type { LayerView } from '../../policy/image-view.ts';
import type { Command } from '../../policy/shell.ts';
import type { Copy } from './copies.ts';
import { holdsSecret } from './credentials.ts';

/** A step that is repeated as it is, with the position of its layer. */
export interface SettingStep {
  readonly layer: number;
  readonly line: string;
}

/** Settings of PHP in its official images, and of Apache, as paths of words begin. */
const OF_PHP = '(?:/usr/local/etc/php|\\$PHP_INI_DIR|\\$\\{PHP_INI_DIR\\})';
const OF_APACHE = '/etc/apache2/';

/**
 * No line breaks, escapes at the end, documents that follow, substitutions, or variables that only the image's own build
 * may have had.
 */
const PLAIN_SCRIPT =
  /^(?!.*(?:<<|\\$))(?:[^\p{Cc}\u2028\u2029$`]|\$(?![\w({])|\$\{?(?:PHP_INI_DIR|APACHE_\w+)(?!\w)){1,1000}$/u;
/** A file beside the sources. */
const OF_CONTEXT = /^[\w.][\w./*-]*\.\w+$/;

/**
 * Returns the steps that only change settings which PHP's official images have as well: `sed` on Apache's sites, a
 * php.ini of those that the image brings, a written file. Later steps may depend on them, such as the folder that Apache serves.
 * @param own the layers above the base
 */
export function phpSettingSteps(
  own: readonly LayerView[],
  copies: readonly Copy[],
  servesByApache: boolean,
): readonly SettingStep[] {
  const settings = new RegExp(`^["']?(?:${servesByApache ? `${OF_APACHE}|` : ''}${OF_PHP})`);
  const copied = copies.filter(({ into }) => settings.test(`${into}/`)).map(({ layer }) => layer);
  return own
    .filter(
      ({ verb, args, commands, position }) =>
        verb === 'RUN' &&
        commands.length > 0 &&
        PLAIN_SCRIPT.test(args) &&
        commands.every((command) => changesSettings(command, args, settings)) &&
        !commands.some(holdsSecret) &&
        !copied.some((layer) => layer < position),
    )
    .map(({ position, args }) => ({ layer: position, line: `RUN ${args}` }));
}

/** Whether a command reads and writes nothing but settings. */
function changesSettings({ program, words }: Command, args: string, settings: RegExp): boolean {
  const paths = words.filter((word) => !word.startsWith('-'));
  if (/^(?:mv|cp|ln)$/.test(program)) return paths.length > 0 && paths.every((word) => settings.test(word));
  if (program === 'sed') return settings.test(paths.at(-1) ?? '') && !paths.some((word) => OF_CONTEXT.test(word));
  if (!/^(?:echo|printf)$/.test(program)) return false;
  const written = [...args.matchAll(/>{1,2}\s*(\S+)/g)].map(([, path = '']) => path);
  return written.length > 0 && written.every((path) => settings.test(path));
}
