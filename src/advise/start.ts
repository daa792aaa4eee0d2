import type { Runtime } from '../classify/verdict.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { type ImageView, ownSteps } from '../policy/image-view.ts';

/** What an image starts, as its own Dockerfile would say it. */
export interface Start {
  /** Empty if the image has none, or only that of its base. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** Entrypoint scripts of official images, and of Red Hat's, which end by starting their arguments. */
const SCRIPTS_OF_BASES = [
  'docker-entrypoint.sh',
  '/usr/local/bin/docker-entrypoint.sh',
  '/docker-entrypoint.sh',
  '/__cacert_entrypoint.sh',
  'docker-php-entrypoint',
  '/usr/local/bin/mvn-entrypoint.sh',
  'container-entrypoint',
];
/** A shell, by its name or path. */
export const SHELL = /^(?:\S*\/)?(?:ba|a|da|z)?sh$/;
/** A command that a shell passes on unchanged: no variables, operators or quotes, no assignment before the program. */
const PLAIN_COMMAND = /^(?!\S*=)[\w./:@%+,~-]+(?:[ \t]+[\w./:@%+,=~-]+)*$/;

/**
 * Returns the entrypoint and command of an image, without the entrypoint script of its base, and without a shell that
 * only starts one program: in the exec form, the program receives the signals. The command is empty for an entrypoint
 * in shell form, which ignores it. A shell that waits for its script (`ENTRYPOINT ["sh", "-c"]`) gets it from the command.
 */
export function startOf(view: ImageView): Start {
  const { entrypoint, cmd } = view.image.config;
  const own = isOfBase(entrypoint, view) ? [] : entrypoint;
  if (!isShellForm(own)) return { entrypoint: withoutShell(own), cmd: withoutShell(cmd) };
  return own.length === SHELL_WORDS
    ? { entrypoint: [], cmd: withoutShell([...own, ...cmd]) }
    : { entrypoint: withoutShell(own), cmd: [] };
}

/** Returns the words of the entrypoint and the command together. */
export function startWordsOf(view: ImageView): readonly string[] {
  const { entrypoint, cmd } = startOf(view);
  return [...entrypoint, ...cmd];
}

/** A shell and `-c`. */
const SHELL_WORDS = 2;

function isOfBase(entrypoint: readonly string[], view: ImageView): boolean {
  return entrypoint.length > 0 && entrypoint.every((word) => SCRIPTS_OF_BASES.includes(word)) && !setsEntrypoint(view);
}

function setsEntrypoint(view: ImageView): boolean {
  return ownSteps(view).some(({ verb }) => verb === 'ENTRYPOINT');
}

/** Whether a command is a shell with `-c`, which runs the script after it. */
export function isShellForm(words: readonly string[]): boolean {
  return SHELL.test(words[0] ?? '') && words[1] === '-c';
}

function withoutShell(words: readonly string[]): readonly string[] {
  const script = isShellForm(words) && words.length === 3 ? (words[2] ?? '').trim().replace(/^exec\s+/, '') : '';
  return PLAIN_COMMAND.test(script) ? script.split(/\s+/) : words;
}

/** Returns the words of the health check, without a shell that only starts one program; empty if there is none. */
export function healthcheckOf({ image }: ImageView): readonly string[] {
  const [form, ...words] = image.config.healthcheck?.test ?? [];
  return form === 'CMD-SHELL' ? withoutShell(['/bin/sh', '-c', ...words]) : words;
}

/** Whether a word looks like the name of a shell script. */
export function isScript(word: string): boolean {
  return /\.(?:ba)?sh$|(?:^|[/_-])entry-?point$/.test(word);
}

/** Init programs, which start the next word, and their options. */
const INIT = /^(?:\S*\/)?(?:tini|tini-static|dumb-init|catatonit)$|^-/;
/** Programs of a runtime that need no shell. Of Node.js, only node itself: npm, yarn and pm2 are scripts that do. */
const WITHOUT_SHELL: Readonly<Partial<Record<Runtime, RegExp>>> = { node: /^(?:\S*\/)?node$/ };

/** Whether the start or the health check of an image needs a shell, or curl, wget or nc. */
export function startNeedsShell(view: ImageView, runtime: Runtime): boolean {
  const { entrypoint, cmd } = startOf(view);
  const words = [...entrypoint, ...cmd];
  const program = words.find((word) => !INIT.test(word));
  const [checker] = healthcheckOf(view);
  return (
    (program !== undefined && (words.slice(0, entrypoint.length).some(isShell) || needsShell(program, runtime))) ||
    (checker !== undefined && (FETCHER.test(checker) || needsShell(checker, runtime)))
  );
}

/** Clients that health checks use. */
const FETCHER = /^(?:\S*\/)?(?:curl|wget|nc)$/;

function needsShell(program: string, runtime: Runtime): boolean {
  return isShell(program) || WITHOUT_SHELL[runtime]?.test(program) === false;
}

function isShell(word: string): boolean {
  return SHELL.test(word) || isScript(word);
}

/** Apache's programs, by their names in several distributions. */
export const APACHE = /^(?:\S*\/)?(?:apache2(?:ctl)?|apachectl|httpd)(?:-foreground)?$/;

/** Whether PHP runs in Apache, by a variable that PHP's images with Apache set, or by what is started. */
export function servesByApache(view: ImageView): boolean {
  return (
    view.image.config.env.some((variable) => variable.startsWith('APACHE_CONFDIR=')) ||
    startWordsOf(view).some((word) => APACHE.test(word))
  );
}

/** Whether Java runs in Tomcat, by a variable and a folder of its official images. */
export function servesByTomcat({ env }: Pick<ImageConfig, 'env'>): boolean {
  return env.includes('CATALINA_HOME=/usr/local/tomcat');
}
