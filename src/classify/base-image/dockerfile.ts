import { readOptionalString } from '../../oci/json.ts';
import { MAX_REFERENCE_LENGTH, normaliseReference } from './references.ts';

/** What a Dockerfile says about its final stage. */
export interface DockerfileStages {
  /**
   * The image in the final stage's FROM, followed through stages built on other stages; undefined if a variable or
   * named context hides it.
   */
  readonly base?: string;
  /** Whether the final stage is built on, or copies from, another stage or image; undefined if a variable hides it. */
  readonly multiStage?: boolean;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  /** The stage in its FROM: the last earlier one of that name. */
  readonly below: Stage | undefined;
  copies: boolean;
}

/**
 * Reads a Dockerfile's stages; undefined if it has none, or not the target stage.
 * @param args BuildKit's request arguments: `target`; `build-arg:NAME`, the value of a variable in FROM;
 * `context:NAME`, the replacement of an image or a stage
 */
export function readDockerfile(text: string, args: Readonly<Record<string, unknown>>): DockerfileStages | undefined {
  const stages = readStages(instructionsOf(text.slice(0, 1_000_000)), args);
  const target = typeof args.target === 'string' ? args.target.toLowerCase() : undefined;
  let stage = target === undefined ? stages.at(-1) : stages.find((candidate) => candidate.name === target);
  if (!stage) return undefined;
  const multiStage = stage.copies || stage.below !== undefined;
  while (stage.below) stage = stage.below;
  if (stage.from === '' || stage.from.includes('$')) return multiStage || stages.length === 1 ? { multiStage } : {};
  if (Object.hasOwn(args, `context:${stage.from.toLowerCase()}`)) return { multiStage };
  return { base: normaliseReference(stage.from), multiStage };
}

const COPIES_FROM_STAGE = /^(?:(?:COPY|ADD)\s+(?:--\S+\s+)*--from=|RUN\s+(?:--\S+\s+)*--mount=\S*\bfrom=)/i;

function readStages(instructions: readonly string[], args: Readonly<Record<string, unknown>>): readonly Stage[] {
  const stages: Stage[] = [];
  const named = new Map<string, Stage>();
  const variables = new Map<string, string>();
  for (const line of instructions) {
    if (stages.length === 0) readArguments(line, args, variables);
    const [, image, as = ''] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const last = stages.at(-1);
    if (image) {
      const from = substitute(image, variables);
      const stage = { name: as.toLowerCase(), from, below: named.get(from.toLowerCase()), copies: false };
      stages.push(stage);
      if (stage.name !== '') named.set(stage.name, stage);
    } else if (last && COPIES_FROM_STAGE.test(line)) last.copies = true;
  }
  return stages;
}

/** Reads an ARG line before the first FROM. FROM lines can use only these variables. */
function readArguments(line: string, args: Readonly<Record<string, unknown>>, variables: Map<string, string>): void {
  const list = /^ARG\s+(.*)$/i.exec(line)?.[1] ?? '';
  for (const [, name = '', preset = ''] of list.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
    const given = readOptionalString(args[`build-arg:${name}`])?.slice(0, MAX_REFERENCE_LENGTH);
    variables.set(name, given ?? substitute(preset.replace(/^["']|["']$/g, ''), variables));
  }
}

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `$NAME`. Unknown variables stay, so that the caller can see them. The result
 * is cut: if each of thirty variables holds the one before it twice, the last has a billion characters.
 */
function substitute(text: string, variables: ReadonlyMap<string, string>): string {
  const replaced = text
    .slice(0, MAX_REFERENCE_LENGTH)
    .replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (whole, braced: string, preset: string, plain: string) => {
      const value = variables.get(braced ?? plain);
      return value || preset || whole;
    });
  return replaced.slice(0, MAX_REFERENCE_LENGTH);
}

/**
 * The instructions, each joined to one line, without comments and bodies of here-documents, which may contain FROM too.
 */
function instructionsOf(dockerfile: string): readonly string[] {
  const escapeCharacter = /^(?:#.*\n)*#\s*escape\s*=\s*`/i.test(dockerfile) ? '`' : '\\';
  const instructions: string[] = [];
  let open = '';
  let terminators: string[] = [];
  for (const line of dockerfile.split(/\r?\n/)) {
    if (terminators.length > 0) {
      if (line.replace(/^\t+/, '') === terminators.at(-1)) terminators.pop();
      continue;
    }
    if (/^\s*(?:#|$)/.test(line)) continue;
    const text = line.trimEnd();
    if (text.endsWith(escapeCharacter)) {
      open += `${text.slice(0, -1)} `;
      continue;
    }
    const instruction = (open + text).trim();
    open = '';
    instructions.push(instruction);
    terminators = heredocTerminators(instruction);
  }
  return open === '' ? instructions : [...instructions, open.trim()];
}

/** The terminators of the here-documents in a RUN, COPY or ADD, last first. @see BuildKit's Dockerfile reference */
function heredocTerminators(instruction: string): string[] {
  if (!/^(?:RUN|COPY|ADD)\s/i.test(instruction)) return [];
  return [...instruction.matchAll(/(?<=\s)\d*<<-?(["']?)([A-Za-z_]\w*)\1(?=\s|$)/g)]
    .map(([, , word = '']) => word)
    .reverse();
}
