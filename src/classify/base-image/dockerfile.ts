import { normaliseReference } from './naming.ts';

/** What a Dockerfile says of its final stage. */
export interface DockerfileStages {
  /** What the final stage's FROM names, through stages that stand on stages; undefined when a variable hides it. */
  readonly base?: string;
  /** Whether the final stage takes something from another stage or image. */
  readonly multiStage: boolean;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly copies: boolean;
}

/**
 * Reads the stages of a Dockerfile as far as its FROM lines go.
 * @param args BuildKit's request arguments: `target`, and `build-arg:NAME` for variables in FROM
 */
export function readDockerfile(text: string, args: Readonly<Record<string, unknown>>): DockerfileStages | undefined {
  const stages = readStages(text.slice(0, 1_000_000), args);
  const target = typeof args.target === 'string' ? args.target.toLowerCase() : undefined;
  let stage = target === undefined ? stages.at(-1) : stages.find((candidate) => candidate.name === target);
  if (!stage) return undefined;
  let multiStage = stage.copies;
  for (let depth = 0; depth < stages.length; depth++) {
    const below: Stage | undefined = stages.find(
      (candidate) => candidate.name !== '' && candidate.name === stage?.from.toLowerCase(),
    );
    if (!below) break;
    stage = below;
    multiStage = true;
  }
  if (stage.from === '' || stage.from.includes('$')) return { multiStage };
  return { base: stage.from === 'scratch' ? 'scratch' : normaliseReference(stage.from), multiStage };
}

function readStages(text: string, args: Readonly<Record<string, unknown>>): readonly Stage[] {
  const stages: Stage[] = [];
  const variables = new Map<string, string>();
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const [, arg, preset] = /^\s*ARG\s+([A-Za-z_]\w*)(?:=["']?([^"'\s]*))?/i.exec(line) ?? [];
    if (arg && stages.length === 0) variables.set(arg, String(args[`build-arg:${arg}`] ?? preset ?? ''));
    const [, from, name] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    if (from) stages.push({ name: name?.toLowerCase() ?? '', from: substitute(from, variables), copies: false });
    const last = stages.at(-1);
    if (last && /^\s*(?:COPY|ADD|RUN)\s.*(?:--from=|[,=]from=)/i.test(line))
      stages[stages.length - 1] = { ...last, copies: true };
  }
  return stages;
}

/** `${NAME}`, `${NAME:-default}` and `$NAME`; an unknown variable stays, so that the caller sees it. */
function substitute(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g, (whole, braced: string, preset: string, plain: string) => {
    const value = variables.get(braced ?? plain);
    return value || preset || whole;
  });
}
