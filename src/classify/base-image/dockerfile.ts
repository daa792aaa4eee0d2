import { normaliseReference } from './naming.ts';

/** What a Dockerfile says of its final stage. */
export interface DockerfileStages {
  /** What the final stage's FROM names, through stages that stand on stages; undefined when a variable or context hides it. */
  readonly base?: string;
  /** Whether the final stage takes something from another stage or image; undefined when a variable hides it. */
  readonly multiStage?: boolean;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  /** The stage that its FROM names: of those before it the last one of that name. */
  readonly below: Stage | undefined;
  copies: boolean;
}

/**
 * Reads the stages of a Dockerfile as far as its FROM lines go.
 * @param args BuildKit's request arguments: `target`; `build-arg:NAME` for variables in FROM; `context:NAME` for what
 * takes the place of an image or a stage
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

const TAKES_FROM_STAGE = /^(?:(?:COPY|ADD)\s+(?:--\S+\s+)*--from=|RUN\s+(?:--\S+\s+)*--mount=\S*\bfrom=)/i;

function readStages(instructions: readonly string[], args: Readonly<Record<string, unknown>>): readonly Stage[] {
  const stages: Stage[] = [];
  const named = new Map<string, Stage>();
  const variables = new Map<string, string>();
  for (const line of instructions) {
    if (stages.length === 0) readArguments(line, args, variables);
    const [, from, name] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    if (from) {
      const image = substitute(from, variables);
      const stage = {
        name: name?.toLowerCase() ?? '',
        from: image,
        below: named.get(image.toLowerCase()),
        copies: false,
      };
      stages.push(stage);
      if (stage.name !== '') named.set(stage.name, stage);
    }
    const last = stages.at(-1);
    if (last && TAKES_FROM_STAGE.test(line)) last.copies = true;
  }
  return stages;
}

/** The variables of an ARG line before the first FROM: those that FROM lines may use. */
function readArguments(line: string, args: Readonly<Record<string, unknown>>, variables: Map<string, string>): void {
  const list = /^ARG\s+(.*)$/i.exec(line)?.[1] ?? '';
  for (const [, name = '', preset = ''] of list.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?/g)) {
    const value = args[`build-arg:${name}`] ?? substitute(preset.replace(/^["']|["']$/g, ''), variables);
    variables.set(name, String(value));
  }
}

/** `${NAME}`, `${NAME:-default}` and `$NAME`; an unknown variable stays, so that the caller sees it. */
function substitute(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (whole, braced: string, preset: string, plain: string) => {
    const value = variables.get(braced ?? plain);
    return value || preset || whole;
  });
}

/** Each instruction on one line; comments and the bodies of here-documents, which may say FROM as well, left out. */
function instructionsOf(text: string): readonly string[] {
  const breaksLine = /^(?:#.*\n)*#\s*escape\s*=\s*`/i.test(text) ? '`' : '\\';
  const instructions: string[] = [];
  let open = '';
  let ends: readonly string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (ends.length > 0) {
      if (line.replace(/^\t+/, '') === ends[0]) ends = ends.slice(1);
      continue;
    }
    if (/^\s*(?:#|$)/.test(line)) continue;
    const whole = line.trimEnd();
    if (whole.endsWith(breaksLine)) {
      open += `${whole.slice(0, -1)} `;
      continue;
    }
    const instruction = (open + whole).trim();
    open = '';
    instructions.push(instruction);
    ends = heredocsOf(instruction);
  }
  return open === '' ? instructions : [...instructions, open.trim()];
}

/** The words that end the here-documents of a RUN, COPY or ADD, in their order. @see BuildKit's Dockerfile reference */
function heredocsOf(instruction: string): readonly string[] {
  if (!/^(?:RUN|COPY|ADD)\s/i.test(instruction)) return [];
  return [...instruction.matchAll(/(?<=\s)\d*<<-?(["']?)([A-Za-z_]\w*)\1(?=\s|$)/g)].map(([, , word = '']) => word);
}
