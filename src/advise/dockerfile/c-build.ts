import { readEnv } from '../../classify/context.ts';
import { assignments } from '../../classify/history/instruction.ts';
import { baseNamesOf, runtimeOf } from '../../classify/verdict.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { absolutePath, baseName } from '../../policy/paths.ts';
import { type Command, parseScript } from '../../policy/shell.ts';
import { commandHoldsSecret, isSecretArgument, secretsIn } from '../../secrets/find-secrets.ts';
import { C_COMPILERS, compilesC, isStaticC } from '../base-after.ts';
import { needsPackages } from '../own-packages.ts';
import { SHELL, startWordsOf } from '../start.ts';
import type { Copy } from './copies.ts';
import { copyStep, isOfContext } from './copy-steps.ts';
import { setting } from './environment.ts';

/** How an image's own build compiles a program in C or C++. */
export interface CBuild {
  /** The image to compile on, and the distribution of the same release to run on. */
  readonly from: string;
  readonly last: string;
  /** Whether its program needs neither libraries nor packages. */
  readonly isStatic: boolean;
  /** The position of the last layer that it repeats. */
  readonly layer: number;
  /** The steps of its own build, up to the last one that compiles, as instructions. */
  readonly steps: readonly string[];
}

/** Returns the build of a program in C or C++; undefined for others, and on distributions whose images are not known. */
export function cBuildOf(view: ImageView, copies: readonly Copy[]): CBuild | undefined {
  if (runtimeOf(view.image.verdict).name !== 'none' || !compilesC(view) || isToWorkIn(view)) return undefined;
  const images = imagesOf(view);
  const steps = ownSteps(view);
  const last = steps.findLastIndex(({ verb, args }) => verb === 'RUN' && compiles(args));
  const layer = steps[last]?.layer;
  if (images === undefined || layer === undefined || worksInOddFolder(view)) return undefined;
  const variables = readEnv(view.image.config.env);
  const isStatic = isStaticC(view) && !needsPackages(view, true);
  return {
    ...images,
    isStatic,
    layer,
    steps: steps.slice(0, last + 1).flatMap((step) => lineOf(step, copies, variables)),
  };
}

/** A folder as instructions take it: absolute, or below the last one. */
const PLAIN_FOLDER = /^[\w./-]+$/;

/** Whether a folder of an image's own build has a space in its name, or another sign that instructions read otherwise. */
export function worksInOddFolder(view: ImageView): boolean {
  return ownSteps(view).some(({ verb, args }) => verb === 'WORKDIR' && !PLAIN_FOLDER.test(args.trim()));
}

/** Whether an image starts nothing but a shell or a compiler: it is no program, but made for compiling. */
export function isToWorkIn(view: ImageView): boolean {
  const [first, ...more] = startWordsOf(view);
  return first === undefined || (more.length === 0 && SHELL.test(first)) || C_COMPILERS.test(baseName(first));
}

/** GCC's image in a release, without its host. */
const GCC = /(?:^|\/)(gcc:\d[\w.-]*)$/;

/** Returns the image's own base and a smaller one of the same release: packages have the same names, and libraries fit. */
function imagesOf({ image: { verdict } }: ImageView): Pick<CBuild, 'from' | 'last'> | undefined {
  const { id = '', version = '' } = verdict.distro?.value ?? {};
  const release = /^\d+(?:\.\d+)?/.exec(id === 'debian' ? version.replace(/\..*/, '') : version)?.[0];
  if (release === undefined || !/^(?:debian|ubuntu|alpine)$/.test(id)) return undefined;
  const gcc = baseNamesOf(verdict.base).flatMap((name) => GCC.exec(name)?.[1] ?? [])[0];
  return { from: gcc ?? `${id}:${release}`, last: `${id}:${release}${id === 'debian' ? '-slim' : ''}` };
}

function compiles(script: string): boolean {
  return parseScript(script).some(({ program }) => C_COMPILERS.test(program));
}

/** One line, whose end does not join the next one to it, and that no document follows. */
const PLAIN_SCRIPT = /^(?!.*(?:<<|\\$))[^\p{Cc}\u2028\u2029]{1,4000}$/u;

type Step = ReturnType<typeof ownSteps>[number];

function lineOf(
  { verb, args, layer }: Step,
  copies: readonly Copy[],
  variables: ReadonlyMap<string, string>,
): readonly string[] {
  if (verb === 'COPY' || verb === 'ADD')
    return copies.filter((copy) => copy.layer === layer).map((copy) => copyLine(verb, copy));
  if (verb === 'WORKDIR') return [`WORKDIR ${args.trim()}`];
  if (verb === 'ENV')
    return assignments(args)
      .flatMap(([name, start]) => setting(name, wholeValue(start, variables.get(name))))
      .map((line) => `ENV ${line}`);
  if (verb === 'ARG') return argumentLines(args.trim());
  return verb === 'RUN' ? runLine(args.replaceAll('\t', ' ').trim()) : [];
}

/** BuildKit's history has no quotes: of `CFLAGS=-O2 -g` only the start can be told from other variables. */
function wholeValue(start: string, ofImage = ''): string {
  return ofImage.startsWith(`${start} `) ? ofImage : start;
}

function argumentLines(args: string): readonly string[] {
  const pairs = assignments(args);
  if (pairs.length > 1) return pairs.flatMap((pair) => argumentLine(...pair));
  const [name = ''] = args.split('=', 1);
  return argumentLine(name, args.slice(name.length + 1).replace(/^"|"$/g, ''));
}

function argumentLine(name: string, value: string): readonly string[] {
  if (!/^\w+$/.test(name) || isSecretArgument(name)) return [];
  return [`ARG ${setting(name, value)[0] ?? name}`];
}

function runLine(script: string): readonly string[] {
  // Before a command's words may be variables with secrets of their own: `TOKEN=… make`.
  const holdsSecret = ({ program, words, variables = [] }: Command): boolean =>
    commandHoldsSecret([...variables, program, ...words]);
  if (secretsIn(script).length > 0 || parseScript(script).some(holdsSecret)) return [];
  return [PLAIN_SCRIPT.test(script) ? `RUN ${script}` : '# Repeat here a step of several lines.'];
}

function copyLine(verb: string, copy: Copy): string {
  const { sources, target, isContext } = copy;
  const isKnown = isOfContext(copy, 'none');
  if (!/^[\w./-]+$/.test(target) || !(isKnown || isContext)) return `# ${verb} here what the image has from elsewhere.`;
  return isKnown ? copyStep(copy, sources, target) : `COPY . ${target}`;
}

/** Options that name the folder of what is installed. */
const PREFIX = /^(?:--prefix|-DCMAKE_INSTALL_PREFIX(?::PATH)?)=(\/\w[\w./-]*)$/;
/** Folders that hold more than one program. */
const SHARED = /^\/(?:usr|usr\/local)\/?$/;

/** Returns the folder that the build installed its program to, if it is the program's own. */
export function prefixOf(commands: readonly { readonly words: readonly string[] }[]): string | undefined {
  const prefixes = commands.flatMap(({ words }) => words.flatMap((word) => PREFIX.exec(word)?.[1] ?? []));
  return prefixes.map((path) => absolutePath(path, '/')).findLast((path) => !SHARED.test(path));
}
