import { anyOf } from '../common/any-of.ts';
import { remember } from '../common/remember.ts';
import { redact } from '../secrets/redact.ts';
import type { Context } from './context.ts';
import { type BuildStep, writersOf } from './history/build-steps.ts';
import { copiesFiles, isInstruction, rememberCommand } from './history/instruction.ts';
import type { LayerClass, LayerVerdict } from './verdict.ts';

/** In characters: longer than a screen shows, short enough to store a million instructions. */
const MAX_INSTRUCTION_LENGTH = 1_000;

/**
 * One verdict per layer of the manifest, base first.
 * @param baseLayers the number of layers that belong to the base image
 */
export function classifyLayers(context: Context, baseLayers: number | undefined): readonly LayerVerdict[] {
  const { history, input } = context;
  const byLayer = new Map<number, BuildStep>();
  for (const step of history.steps) if (step.layer !== undefined) byLayer.set(step.layer, step);
  return input.manifest.layers.map((_, index) => {
    const step = byLayer.get(index);
    const isBase = index < (baseLayers ?? 0);
    const writers = step ? writersOf(step) : [];
    return { class: isBase ? 'base' : classOfAll(writers), instruction: displayed(writers.map(lineOf).join('; ')) };
  });
}

/** A step as written in a Dockerfile. */
function lineOf({ verb, args }: BuildStep): string {
  return isInstruction(verb) ? `${verb} ${args}` : args;
}

/** Of several steps with different results, one wrote the program, or it is unknown which files are the program's. */
function classOfAll(writers: readonly BuildStep[]): LayerClass {
  const classes = new Set(writers.map(classOf));
  if (classes.size > 1) classes.delete('configuration');
  const [first = 'none', ...more] = classes;
  return more.length > 0 ? 'application' : first;
}

/** An instruction with white space collapsed, secrets replaced, and at most 1,000 characters. */
const displayed = remember((line: string): string => {
  const text = redact(line.slice(0, 2 * MAX_INSTRUCTION_LENGTH))
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > MAX_INSTRUCTION_LENGTH ? `${text.slice(0, MAX_INSTRUCTION_LENGTH - 1)}…` : text;
});

const DEPENDENCIES = anyOf(
  [
    /(?:npm|pnpm|bun)(?: -\S+)* (?:ci|install|i|add)\b|yarn(?: install| add| workspaces focus|\s*(?:&&|$))/,
    /pip[\d.]*(?: -\S+)* install|(?:poetry|pdm) install|uv (?:sync|pip)|pipenv (?:install|sync)/,
    /(?:conda|(?:micro)?mamba) (?:install|create|env (?:create|update))/,
    /(?:bundle|gem|composer) install|mix deps\.get/,
    /go mod download|cargo fetch|dotnet restore|deno (?:install|cache)/,
    /mvnw? [^;&|]*dependency|gradlew? [^;&|]*\bdependencies\b/,
  ],
  '(?<![\\w-])',
);
const BUILDS = anyOf(
  [
    /(?:npm|pnpm|yarn|bun) (?:run )?build|tsc\b/,
    /(?:go|cargo) build|dotnet (?:build|publish)|mvn [^;&|]*package|gradlew? [^;&|]*(?:build|assemble|bootJar)/,
    /make(?: |$)|cmake\b|configure\b/,
  ],
  '(?<![\\w-])',
);
const OS_PACKAGES = anyOf(
  [
    /apk (?:-\S+ )*add|apt(?:-get)? (?:-\S+ )*(?:install|upgrade|dist-upgrade)|install_packages /,
    /(?:yum|dnf|microdnf|tdnf|zypper) (?:-\S+ )*(?:install|update|in)\b|pacman -S/,
  ],
  '(?<![\\w./-])',
);
const COMPILERS = anyOf(
  [
    /build-essential|build-base|base-devel|alpine-sdk|r-base-dev|"?Development Tools"?|cmake|maven|gradle/,
    /gcc|g\+\+|gfortran|clang|rustc|cargo|golang(?:-go|-[\d.]+(?:-go)?)?|(?:openjdk-?\d+|default)-jdk(?:-headless)?/,
    /python3-dev|libc6-dev|linux-headers/,
  ],
  '(?<![\\w-])',
  '(?![\\w.-])',
);
/** What removes compilers again in the same step. */
const REMOVES_PACKAGES = /--virtual|apt-mark|purge|autoremove|apk del/;
const SETTINGS =
  /^(?:set -\S+; *)?(?:mkdir|chown|chmod|ln|useradd|adduser|groupadd|addgroup|usermod|sed|echo|touch|rm|install -d|locale-gen|update-ca-certificates)\b/;
/** Folders of packages that another stage, or the machine that builds, installed. */
const PACKAGE_FOLDER = /node_modules|site-packages|\/vendor\b|\.venv|\/wheels\b/;
/** `COPY . .` in any form, perhaps with other sources. */
const COPIES_CONTEXT = /(?:^|\s)\.\/?(?:\s|$)[^\s]*\s/;
const CONFIG_FILE =
  /\.(?:conf|cfg|ini|ya?ml|toml|properties|env|sh|crt|pem|key)\b|(?:^|\/)(?:etc|docker-entrypoint\.d|conf\.d)\/|entrypoint/;
/** Files that list the packages of a project. */
const MANIFEST_FILE = anyOf(
  [
    /package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml/,
    /requirements[\w.-]*\.txt|pyproject\.toml|poetry\.lock|uv\.lock/,
    /Gemfile(?:\.lock)?|composer\.(?:json|lock)|go\.(?:mod|sum)|Cargo\.(?:toml|lock)|pom\.xml/,
  ],
  '(?:^|[\\s/])',
  '\\b',
);

function classOf({ verb, args }: BuildStep): LayerClass {
  if (verb === 'WORKDIR') return 'configuration';
  if (verb === 'RUN') return classOfRun(args);
  if (copiesFiles(verb)) return classOfCopy(args);
  return verb === 'OTHER' ? 'application' : 'none';
}

const classOfRun = rememberCommand((text): LayerClass => {
  if (OS_PACKAGES.test(text))
    return COMPILERS.test(text) && !REMOVES_PACKAGES.test(text) ? 'build-tools' : 'os-packages';
  if (DEPENDENCIES.test(text)) return 'dependencies';
  if (BUILDS.test(text)) return 'application';
  return SETTINGS.test(text) ? 'configuration' : 'application';
});

const classOfCopy = rememberCommand((text): LayerClass => {
  if (PACKAGE_FOLDER.test(text)) return 'dependencies';
  if (MANIFEST_FILE.test(text) && !COPIES_CONTEXT.test(text)) return 'dependencies';
  return CONFIG_FILE.test(text) ? 'configuration' : 'application';
});
