import type { Runtime } from '../classify/verdict.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageView } from '../policy/image-view.ts';
import { ownSteps } from './own-steps.ts';

/** What an image starts, as a Dockerfile of its own would say it. */
export interface Start {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** Scripts of official images, which come with the base: they start what they are given. */
const SCRIPTS_OF_BASES = ['docker-entrypoint.sh', '/__cacert_entrypoint.sh', 'docker-php-entrypoint'];
const SHELL = /^(?:\S*\/)?(?:ba|a|da|z)?sh$/;
/** Words that a shell hands on as they are: no variable, no operator, no quotes, no assignment before the program. */
const PLAIN_COMMAND = /^(?!\S*=)[\w./:@%+,~-]+(?:[ \t]+[\w./:@%+,=~-]+)*$/;

/**
 * Entrypoint and command, without the scripts of bases, and without a shell where all it does is start one program: in
 * the exec form the program gets the signals. A shell's own entrypoint takes no command.
 */
export function startOf(view: ImageView): Start {
  const { entrypoint, cmd } = view.image.config;
  const own = isOfBase(entrypoint, view) ? [] : entrypoint;
  return { entrypoint: withoutShell(own), cmd: isShellForm(own) ? [] : withoutShell(cmd) };
}

function isOfBase(entrypoint: readonly string[], view: ImageView): boolean {
  return entrypoint.length > 0 && entrypoint.every((word) => SCRIPTS_OF_BASES.includes(word)) && !setsEntrypoint(view);
}

function setsEntrypoint(view: ImageView): boolean {
  return ownSteps(view).some(({ verb }) => verb === 'ENTRYPOINT');
}

function isShellForm(words: readonly string[]): boolean {
  return SHELL.test(words[0] ?? '') && words[1] === '-c';
}

function withoutShell(words: readonly string[]): readonly string[] {
  const script = isShellForm(words) && words.length === 3 ? (words[2] ?? '').trim().replace(/^exec\s+/, '') : '';
  return PLAIN_COMMAND.test(script) ? script.split(/\s+/) : words;
}

/** What checks the image's health, without a shell where all it does is start one program; empty where nothing does. */
export function healthcheckOf({ image }: ImageView): readonly string[] {
  const [form, ...words] = image.config.healthcheck?.test ?? [];
  return form === 'CMD-SHELL' ? withoutShell(['/bin/sh', '-c', ...words]) : words;
}

/** Whether a word is a script that needs a shell, by its name. */
export function isScript(word: string): boolean {
  return /\.(?:ba)?sh$|(?:^|[/_-])entry-?point$/.test(word);
}

/** Programs that hand on to the next word, with their options. */
const INIT = /^(?:\S*\/)?(?:tini|tini-static|dumb-init|catatonit)$|^-/;
/** Of Node.js only node itself needs no shell: npm, yarn and pm2 are scripts that look for theirs. */
const ALONE: Readonly<Partial<Record<Runtime, RegExp>>> = { node: /^(?:\S*\/)?node$/ };

/** Whether what the image starts, or what checks its health, takes a shell or a program of a package to get there. */
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

/** Programs that ask a server whether it answers. */
const FETCHER = /^(?:\S*\/)?(?:curl|wget|nc)$/;

function needsShell(program: string, runtime: Runtime): boolean {
  return isShell(program) || ALONE[runtime]?.test(program) === false;
}

function isShell(word: string): boolean {
  return SHELL.test(word) || isScript(word);
}

/** Whether PHP runs as a module of Apache: by a variable of the images that have it. */
export function servesByApache({ env }: Pick<ImageConfig, 'env'>): boolean {
  return env.some((variable) => variable.startsWith('APACHE_CONFDIR='));
}
