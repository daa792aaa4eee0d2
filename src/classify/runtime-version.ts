import { type BuildStep, commandsOf } from './history/build-steps.ts';
import { rememberCommand } from './history/instruction.ts';
import type { Runtime } from './verdict.ts';

/** Numbers joined by dots, with Java's update and build numbers, and markers of pre-releases. */
const VERSION =
  /^(?:jdk-?|v|OTP-)?(\d+(?:\.\d+)*(?:u\d+(?:-b\d+)?)?(?:[-.]?(?:rc|alpha|beta|preview|ea|[ab](?=\d))[\w.-]*)?(?:\+[\dA-Za-z.]+)?)(?=$|[._-])/;

/** Languages with one-digit major versions. Two digits belong to a package's name: `PHP_VERSION=82` means `php82`. */
const ONE_DIGIT_MAJORS: ReadonlySet<string> = new Set('python php ruby perl go rust elixir'.split(' '));

/**
 * The version in a variable's value: `jdk-21.0.12+8` gives 21.0.12+8, `v20.1.0` 20.1.0, `18.x` 18, `20-alpine` 20.
 * @returns undefined for anything else, such as `lts/iron`
 */
export function versionIn(value: string, runtime: Runtime): string | undefined {
  const version = VERSION.exec(value.trim().slice(0, 100))?.[1];
  const isPackage = version !== undefined && ONE_DIGIT_MAJORS.has(runtime) && /^\d{2,}$/.test(version);
  return isPackage ? undefined : version;
}

/** The .NET release that a version of the .NET SDK targets. The SDK has patch numbers of its own. */
export function releaseOfSdk(value: string): string | undefined {
  return /^\d+\.\d+/.exec(value.trim())?.[0];
}

const JAVA_FOLDER = /(?:java|j[dr][ke]|zulu|temurin|sapmachine|semeru|corretto)-?(\d+(?:\.\d+)*)/;

/**
 * The Java version in the name of its folder: `/usr/lib/jvm/java-17-openjdk`, `/usr/lib/jvm/java-1.8.0-openjdk` (8),
 * `/opt/jdk-21.0.1`.
 */
export function javaVersionIn(home: string): string | undefined {
  return JAVA_FOLDER.exec(home.slice(0, 500))?.[1]?.replace(/^1\.(\d+).*/, '$1');
}

/** The links to the installed Java in Alpine and in Debian. */
const LINKED_HOME = /\/usr\/lib\/jvm\/default-(?:jvm|java)\/?$/;

/**
 * The Java version behind a JAVA_HOME whose own name shows none: that of the folder it is linked to by one of the
 * commands; or, for a distribution's link, that of the only Java package that the commands install.
 */
export function javaVersionBehind(home: string, commands: readonly string[]): string | undefined {
  const linked = commands.flatMap((command) => linksIn(command)).findLast(({ name }) => name === home)?.target;
  const version = linked === undefined ? undefined : javaVersionIn(linked);
  if (version !== undefined) return version;
  return LINKED_HOME.test(home.slice(0, 500)) ? installedVersion('java', commands) : undefined;
}

/** Finds the versions in names of packages within a command. */
function versionsBy(pattern: RegExp): (command: string) => readonly string[] {
  return rememberCommand((command) => [...command.matchAll(pattern)].flatMap(([, version]) => version ?? []));
}

/**
 * `openjdk-17-jre`, `java-1.8.0-openjdk` (8); `php8.3-fpm`, Alpine's `php83`, Wolfi's `php-8.3`; NodeSource's
 * `setup_22.x`, `nodejs22`; `python3.12-venv`, conda's `python=3.12`; `ruby3.1`; `aspnetcore-runtime-8.0`, Alpine's
 * `dotnet8-runtime`; streams of dnf's modules, `nodejs:22`, `php:remi-8.3`.
 */
const PACKAGES: Readonly<Partial<Record<Runtime, (command: string) => readonly string[]>>> = {
  java: versionsBy(
    /(?<![\w.-])(?:openjdk-?|amazon-corretto-|temurin-|zulu-?|java-(?:1\.)?)(\d{1,2})(?=\.0-|[-=\s]|$)/g,
  ),
  php: versionsBy(/(?<![\w./-])php(?::remi-|[:-])?(\d\.?\d)(?=[-=\s]|$)/g),
  node: versionsBy(/(?<![\w.-])(?:setup_|node_|nodejs[:=-]?)(\d\d)(?=\.x|\.\d|[-=\s]|$)/g),
  python: versionsBy(/(?<![\w./-])python-?={0,2}(3\.\d{1,2})(?=\.\d|[-=\s"']|$)/g),
  ruby: versionsBy(/(?<![\w./-])ruby[:-]?(\d\.\d)(?=[-=\s]|$)/g),
  dotnet: versionsBy(
    /(?<![\w./-])(?:dotnet|aspnet(?:core)?)-?(?:(?:runtime|sdk)-(?:deps-)?)?(\d{1,2})(?=\.0(?![\d.])|[-=\s]|$)/g,
  ),
};

/** The version of a runtime by its packages that the commands install, if all name the same. */
export function installedVersion(runtime: Runtime, commands: readonly string[]): string | undefined {
  const versions = new Set(commands.flatMap((command) => PACKAGES[runtime]?.(command) ?? []));
  const [only] = versions;
  if (versions.size !== 1) return undefined;
  return runtime === 'php' ? only?.replace(/^(\d)(\d)$/, '$1.$2') : only;
}

const LINK = /\bln (?:-[\w-]{1,30} ){1,4}("[^"]{1,300}"|[^\s;&|]{1,300})\s{1,10}["']?([^\s"';&|]{1,300})/g;

/**
 * Links that a command creates: `ln -sT "/usr/lib/jvm/java-11-openjdk-$(dpkg --print-architecture)" /docker-java-home`
 */
const linksIn = rememberCommand((command): readonly { readonly target: string; readonly name: string }[] =>
  [...command.matchAll(LINK)].map(([, target = '', name = '']) => ({ target, name })),
);

/**
 * The Python version that the installed PyPy implements, from the name of its archive,
 * `pypy3.11-v7.3.23-linux64.tar.bz2`. PyPy has version numbers of its own.
 */
export function pythonOfPypy(steps: readonly BuildStep[]): string | undefined {
  return commandsOf(steps).flatMap((command) => pypyIn(command) ?? [])[0];
}

const pypyIn = rememberCommand((command) => /\/pypy(\d\.\d+)-v\d/.exec(command)?.[1]);
