import { remember } from '../../common/remember.ts';

/** The Dockerfile instructions that appear in a config's history. */
const VERBS = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
] as const;

/** An instruction; OTHER is a line that is none, such as a tool's own text, and NONE an empty line. */
export type Verb = (typeof VERBS)[number] | 'OTHER' | 'NONE';

/**
 * The style of a line, which determines what it omits. `classic` is Docker's old builder or buildah, `plain` any other.
 */
export type LineForm = 'buildkit' | 'classic' | 'plain';

/** One parsed line of history. */
export interface Instruction {
  readonly verb: Verb;
  /** The text after the verb, without the shell that ran it and the builder's marks; the whole line of OTHER. */
  readonly args: string;
  readonly form: LineForm;
}

/**
 * Only this many characters of a line are read. The longest lines of Docker Official Images have about 8,000; a config
 * of 4 MB may hold one line of 4 MB.
 */
const MAX_LINE_LENGTH = 16_384;

const INSTRUCTION = new RegExp(`^(${VERBS.join('|')})(?=[ \\t[]|$)`);
const CLASSIC_MARK = '#(nop)';
/** In characters. PowerShell's prefix is the longest, because it sets error preferences before the mark. */
const MAX_SHELL_LENGTH = 220;
/** Docker 1.x to 20.x and buildah write the shell before every line; Windows uses other shells. */
const SHELL_PREFIX =
  /^(?:\/bin\/(?:ba|a|da|z)?sh|\/usr\/bin\/(?:env )?(?:ba)?sh|cmd|pwsh(?:\.exe)?|powershell(?:\.exe)?)(?: -[a-zA-Z]+| pipefail| \/S| \/C| -Command)+ ?/;
const BUILDKIT_MARK = ' # buildkit';
/** Build arguments before a RUN, starting with their number: `|2 NAME=value OTHER=value /bin/sh -c …`. */
const BUILD_ARGS = /^\|\d{1,3} /;

/**
 * How BuildKit describes a layer without a history entry: `[stage-1 3/3] COPY --from=build /app /app` for a Dockerfile,
 * `mount / from exec sh -c apt-get upgrade` for other tools' commands.
 * @see moby/buildkit, exporter/containerimage/writer.go, normalizeLayersAndHistory
 */
const STEP_NAME = /^\[[^\]\n]{0,200}?\d+\/\d+\] (?=[A-Z])/;
const EXEC = /^mount \S+ from exec (?:(?:\S*\/)?(?:ba|a|da|z)?sh(?: -[a-z]+)+\s)?/;

/** Only this many characters of a command are searched: what shows its purpose comes early. */
export const MAX_COMMAND_LENGTH = 4_000;

/** Remembers what a function finds in the beginning of a command. */
export function rememberCommand<Result>(find: (command: string) => Result): (command: string) => Result {
  return remember((command) => find(command.slice(0, MAX_COMMAND_LENGTH)));
}

/**
 * Parses the `created_by` of one history entry, as written by BuildKit, classic Docker, buildah, kaniko or other tools.
 */
export const parseInstruction: (createdBy: string) => Instruction = remember(readInstruction);

function readInstruction(createdBy: string): Instruction {
  const line = createdBy.length > MAX_LINE_LENGTH ? createdBy.slice(0, MAX_LINE_LENGTH) : createdBy;
  const marked = line.endsWith(BUILDKIT_MARK);
  const text = (marked ? line.slice(0, -BUILDKIT_MARK.length) : line).trim();
  if (text === '') return { verb: 'NONE', args: '', form: 'plain' };
  const bare = text.replace(STEP_NAME, '');
  const verb = INSTRUCTION.exec(bare)?.[1] as Verb | undefined;
  if (verb) return toInstruction(verb, bare.slice(verb.length).trim(), marked || bare !== text ? 'buildkit' : 'plain');
  const command = EXEC.exec(text);
  return command ? { verb: 'RUN', args: text.slice(command[0].length).trim(), form: 'plain' } : parseShellLine(text);
}

function toInstruction(verb: Verb, args: string, form: LineForm): Instruction {
  return { verb, args: verb === 'RUN' ? withoutShell(args) : args, form };
}

/** Parses a line that starts with a shell: any instruction after the classic mark, otherwise a RUN. */
function parseShellLine(text: string): Instruction {
  const mark = text.slice(0, MAX_SHELL_LENGTH).indexOf(CLASSIC_MARK);
  if (mark >= 0) {
    const rest = text.slice(mark + CLASSIC_MARK.length).trim();
    const verb = INSTRUCTION.exec(rest)?.[1] as Verb | undefined;
    return verb ? { verb, args: rest.slice(verb.length).trim(), form: 'classic' } : other(rest);
  }
  const command = withoutShell(text);
  return command === text ? other(text) : { verb: 'RUN', args: command, form: 'classic' };
}

function other(text: string): Instruction {
  return { verb: 'OTHER', args: text, form: 'plain' };
}

/** The command without build arguments and the shell that ran it. */
function withoutShell(text: string): string {
  const bare = BUILD_ARGS.test(text) ? withoutBuildArgs(text) : text;
  const shell = SHELL_PREFIX.exec(bare)?.[0];
  return (shell === undefined ? bare : bare.slice(shell.length)).trimStart();
}

function withoutBuildArgs(text: string): string {
  // Values may contain spaces, so only the shell marks their end.
  const shell = / (?=\/bin\/(?:ba|a|da|z)?sh -|cmd \/S|powershell |pwsh )/.exec(text);
  return shell ? text.slice(shell.index + 1) : text;
}

/** Whether a line is a Dockerfile's instruction, not a tool's own text or nothing. */
export function isInstruction(verb: Verb): boolean {
  return verb !== 'OTHER' && verb !== 'NONE';
}

const LAYER_VERBS: ReadonlySet<Verb> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR', 'OTHER', 'NONE'] as const);

/** Whether a step with this verb can make a layer; the other verbs are settings. */
export function makesLayer(verb: Verb): boolean {
  return LAYER_VERBS.has(verb);
}

/** Whether a step with this verb copies files from the build context, a stage, an image or the network. */
export function copiesFiles(verb: Verb): boolean {
  return verb === 'COPY' || verb === 'ADD';
}

/** The arguments of an instruction behind its options: `a /b` of `--link --chown=1000 a /b`. */
export function withoutOptions(args: string): string {
  return args.replace(/^(?:--\S+\s+)*/, '');
}

/** The paths of a COPY or ADD, its target last. kaniko keeps the JSON form: `["a", "b/", "./"]`. */
export function pathsOf(args: string): readonly string[] {
  const paths = withoutOptions(args).trim();
  return paths.startsWith('[') ? commandWords(paths) : paths.split(/\s+/);
}

/** Whether a step with this verb sets what the image starts. */
export function setsStart(verb: Verb): boolean {
  return verb === 'CMD' || verb === 'ENTRYPOINT';
}

/**
 * The words of a CMD or ENTRYPOINT, in any form: `["a","b"]`, BuildKit's `["a" "b"]`, Docker's `[a b]` of 2014, or
 * shell.
 */
export const commandWords: (args: string) => readonly string[] = remember(readWords);

function readWords(args: string): readonly string[] {
  const text = args.slice(0, 2_000);
  if (text.startsWith('[') && text.includes('"'))
    return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '');
  return text
    .replace(/^\[(.*)\]$/, '$1')
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** The `NAME=value` pairs of an ENV line. An unquoted value ends at the first space. */
export const assignments: (args: string) => readonly (readonly [name: string, value: string])[] =
  remember(readAssignments);

function readAssignments(args: string): readonly (readonly [name: string, value: string])[] {
  const pairs = args.slice(0, 4_000).matchAll(/(?:^|\s)([A-Za-z_][A-Za-z0-9_.-]*)=("[^"]*"|\S*)/g);
  return [...pairs].map(([, name = '', value = '']) => [name, value.replace(/^"|"$/g, '')] as const);
}
