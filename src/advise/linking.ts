import { copiesFiles } from '../classify/history/instruction.ts';
import type { Runtime } from '../classify/verdict.ts';
import { type ImageView, ownSteps } from '../policy/image-view.ts';
import { CONDA, installsByConda } from '../policy/installs.ts';
import { runs } from '../policy/shell.ts';
import { HEADERS, ownPackages, SHARED_LIBRARY } from './own-packages.ts';

const C_COMPILER = /^(?:gcc|g\+\+|clang|build-essential|build-base)$/;
/** The generated Rust image links statically with musl, and Alpine also packages OpenSSL as a static library. */
const STATIC_IN_RUST = /^(?:libssl-dev|openssl-dev)$/;

/**
 * Whether a compiled program loads its distribution's C libraries at run time: its build had headers or a C compiler, or
 * the last stage installs libraries. Such a program cannot run in an empty image, and building it without cgo drops the
 * code that needs them: Go's SQLite driver then compiles, but fails when it is called.
 */
export function linksLibraries(view: ImageView, runtime: Runtime): boolean {
  const { build, run } = ownPackages(view);
  const loadsSome = run.some((name) => SHARED_LIBRARY.test(name));
  if (runtime === 'rust') return loadsSome || build.some((name) => HEADERS.test(name) && !STATIC_IN_RUST.test(name));
  if (runtime !== 'go') return false;
  const cgo = cgoSetting(view);
  const mayLink = loadsSome || build.some((name) => C_COMPILER.test(name) || HEADERS.test(name));
  return cgo === '1' || (cgo === undefined && mayLink);
}

/**
 * Whether a compiled program may load C libraries without a trace of it: its full base brings a compiler and
 * headers, such as OpenSSL's.
 */
export function mayLinkLibraries(view: ImageView, runtime: Runtime): boolean {
  const isFull = view.image.verdict.variant?.value === 'full';
  return isFull && !linksLibraries(view, runtime) && (runtime !== 'go' || cgoSetting(view) === undefined);
}

/** Python packages that have neither wheels for musl nor sources that pip compiles. */
const WITHOUT_MUSL =
  /^(?:torch(?:vision|audio)?|tensorflow(?:-\w+)?|jaxlib|onnxruntime(?:-\w+)?|playwright)(?![\w.-])/i;
const PYTHON_INSTALLERS = ['pip', 'uv', 'poetry', 'pipenv', 'python'];
/** Programs that download browsers built for glibc; the last is of `@puppeteer/browsers`. */
const BROWSER_INSTALLERS = ['playwright', 'cypress', 'puppeteer', 'browsers'];
/** Browsers whose publishers build them for glibc alone. */
const BROWSER_PACKAGE = /^(?:google-chrome|microsoft-edge)-/;
const APT = ['apt', 'apt-get'];
/** All packages of conda are built for glibc. */
const INSTALLERS = [...PYTHON_INSTALLERS, ...BROWSER_INSTALLERS, ...APT, ...CONDA];

/** Wheels that were copied from the build context, and so built for the C library of the image's own base. */
const WHEELS = /(?:^|\s)(?![-/])\S*(?:\bwheel(?:s|house)\/?(?:\*\S*)?|(?<!musl)linux\w*\.whl)\s/;

/** Whether the image's own steps install programs that exist for glibc only, and so do not run on Alpine. */
export function needsGlibc({ own, ownPrograms }: ImageView): boolean {
  if (!INSTALLERS.some((program) => ownPrograms.has(program))) return false;
  return own.some(
    ({ verb, args, commands }) =>
      (copiesFiles(verb) && WHEELS.test(args)) ||
      commands.some(
        (command) =>
          installsByConda(command) ||
          runs(command, BROWSER_INSTALLERS, ['install']) ||
          (runs(command, APT, ['install']) && command.words.some((word) => BROWSER_PACKAGE.test(word))) ||
          (PYTHON_INSTALLERS.includes(command.program) && command.words.some((word) => WITHOUT_MUSL.test(word))),
      ),
  );
}

/** Returns the last value of CGO_ENABLED in the image's own steps; Go's official images do not set it. */
function cgoSetting(view: ImageView): string | undefined {
  const settings = ownSteps(view).flatMap(({ args }) => [...args.matchAll(/\bCGO_ENABLED=["']?([01])/g)]);
  return settings.at(-1)?.[1];
}
