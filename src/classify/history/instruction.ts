import { remember } from '../../common/remember.ts';

/** The Dockerfile instructions that leave a line in a config's history, and what other builders write instead. */
export type Verb =
  | 'ADD'
  | 'ARG'
  | 'CMD'
  | 'COPY'
  | 'ENTRYPOINT'
  | 'ENV'
  | 'EXPOSE'
  | 'FROM'
  | 'HEALTHCHECK'
  | 'LABEL'
  | 'MAINTAINER'
  | 'ONBUILD'
  | 'RUN'
  | 'SHELL'
  | 'STOPSIGNAL'
  | 'USER'
  | 'VOLUME'
  | 'WORKDIR'
  /** A line that is no instruction: a tool's own remark. */
  | 'OTHER'
  /** An empty line. */
  | 'NONE';

/** Who worded the line: it decides what the line leaves out. */
export type LineForm = 'buildkit' | 'classic' | 'plain';

/** One line of history, read. */
export interface Instruction {
  readonly verb: Verb;
  /** What follows the verb, without the shell that ran it and the builder's marks; of OTHER, the whole line. */
  readonly args: string;
  readonly form: LineForm;
}

/**
 * A line is looked at this far. The longest lines of the Docker Official Images are about 8,000 characters; a config of
 * 4 MB may hold one line of 4 MB.
 */
export const MAX_LINE_LENGTH = 16_384;

const INSTRUCTION =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=[ \t[]|$)/;
const CLASSIC_MARK = '#(nop)';
/** PowerShell's prefix, the longest, sets its error preferences before the mark. */
const MAX_SHELL_LENGTH = 220;
/** Docker 1.x to 20.x and buildah name the shell before every line; Windows has its own shells. */
const SHELL_PREFIX =
  /^(?:\/bin\/(?:ba|a|da|z)?sh|\/usr\/bin\/(?:env )?(?:ba)?sh|cmd|pwsh(?:\.exe)?|powershell(?:\.exe)?)(?: -[a-zA-Z]+| pipefail| \/S| \/C| -Command)+ ?/;
const BUILDKIT_MARK = ' # buildkit';
/** `|2 NAME=value OTHER=value /bin/sh -c …`: build arguments of a RUN, counted. */
const BUILD_ARGS = /^\|\d{1,3} /;

/**
 * How BuildKit describes a layer for which its history has no entry: `[stage-1 3/3] COPY --from=build /app /app` of a
 * Dockerfile, `mount / from exec sh -c apt-get upgrade` of what other tools had it run.
 * @see moby/buildkit, exporter/containerimage/writer.go, normalizeLayersAndHistory
 */
const STEP_NAME = /^\[[^\]\n]{0,200}?\d+\/\d+\] (?=[A-Z])/;
const EXEC = /^mount \S+ from exec (?:(?:\S*\/)?(?:ba|a|da|z)?sh(?: -[a-z]+)+\s)?/;

/** Reads the `created_by` of one history entry: BuildKit's, classic Docker's, buildah's, kaniko's or another's words. */
export const parseInstruction: (createdBy: string) => Instruction = remember(readInstruction);

function readInstruction(createdBy: string): Instruction {
  const line = createdBy.length > MAX_LINE_LENGTH ? createdBy.slice(0, MAX_LINE_LENGTH) : createdBy;
  const marked = line.endsWith(BUILDKIT_MARK);
  const text = (marked ? line.slice(0, -BUILDKIT_MARK.length) : line).trim();
  if (text === '') return { verb: 'NONE', args: '', form: 'plain' };
  const bare = text.replace(STEP_NAME, '');
  const verb = INSTRUCTION.exec(bare)?.[1] as Verb | undefined;
  if (verb) return worded(verb, bare.slice(verb.length).trim(), marked || bare !== text ? 'buildkit' : 'plain');
  const command = EXEC.exec(text);
  return command ? { verb: 'RUN', args: text.slice(command[0].length).trim(), form: 'plain' } : parseShellLine(text);
}

function worded(verb: Verb, args: string, form: LineForm): Instruction {
  return { verb, args: verb === 'RUN' ? withoutShell(args) : args, form };
}

/** A line that begins with a shell: metadata after the classic mark, otherwise a RUN. */
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

/** The command alone, without build arguments and the shell that ran it. */
function withoutShell(text: string): string {
  const bare = BUILD_ARGS.test(text) ? withoutBuildArgs(text) : text;
  const shell = SHELL_PREFIX.exec(bare)?.[0];
  return (shell === undefined ? bare : bare.slice(shell.length)).trimStart();
}

function withoutBuildArgs(text: string): string {
  // Values may hold spaces, so the shell is what ends them.
  const shell = / (?=\/bin\/(?:ba|a|da|z)?sh -|cmd \/S|powershell |pwsh )/.exec(text);
  return shell ? text.slice(shell.index + 1) : text;
}

/** Whether a step of this kind can make a layer; the others are settings. */
export function makesLayer(verb: Verb): boolean {
  return (
    verb === 'RUN' || verb === 'COPY' || verb === 'ADD' || verb === 'WORKDIR' || verb === 'OTHER' || verb === 'NONE'
  );
}

/** The words of a CMD or ENTRYPOINT, in the exec form `["a","b"]`, BuildKit's `["a" "b"]`, Docker's of 2014 `[a b]`, or the shell form. */
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

/** `NAME=value` pairs of an ENV line; values with spaces are cut at the next `NAME=`. */
export const assignments: (args: string) => readonly (readonly [name: string, value: string])[] =
  remember(readAssignments);

function readAssignments(args: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = [];
  for (const match of args.slice(0, 4_000).matchAll(/(?:^|\s)([A-Za-z_][A-Za-z0-9_.-]*)=("[^"]*"|\S*)/g)) {
    pairs.push([match[1] ?? '', (match[2] ?? '').replace(/^"|"$/g, '')]);
  }
  return pairs;
}
