import data from '../../../config/packages.json' with { type: 'json' };
import { lookUp } from '../../common/look-up.ts';
import { PACKAGE_MANAGERS } from '../../policy/installs.ts';
import { asksVersion, runs } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { APACHE } from '../start.ts';
import { closingLines } from './closing.ts';
import { contextFolderOf, copiesFile, isAmong } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { programFolderLines } from './lines.ts';
import { runWith } from './mounts.ts';
import { runPackages } from './packages.ts';

/** How PHP runs: as a module of Apache, as PHP-FPM behind a web server, or as a command-line program. */
type Server = 'apache' | 'fpm' | 'cli';

const START: Readonly<Record<Server, string>> = {
  apache: 'CMD ["apache2-foreground"]',
  fpm: 'CMD ["php-fpm"]',
  cli: 'CMD ["php", "main.php"]',
};

function serverOf({ program, commands, servesByApache }: DockerfileFacts): Server {
  if (servesByApache || commands.some(({ program: name }) => name === 'a2enmod')) return 'apache';
  return program === 'php' ? 'cli' : 'fpm';
}

/** A distribution's package of an extension, and its version: `php8.3-mysql`, `php83-pecl-redis`, `php-gd=2:8.2*`. */
const PACKAGE = /^php[\d.]*-(?:pecl-)?([a-z]\w*)(?:[=~<>].*|-(?:\d|im\d).*)?$/;
/** Packages of no extension, and of those that the official images have anyway. */
const NO_EXTENSION = new Set(data.phpExtensions.none.split(' '));
/** The extensions of packages that have several, or another name. */
const OF_PACKAGE: Readonly<Record<string, readonly string[]>> = data.phpExtensions.ofPackages;

/** Returns the names of the extensions that the image's own steps built, enabled, or installed as packages. */
function extensionsOf({ commands }: DockerfileFacts): readonly string[] {
  const names = commands.flatMap((command) => {
    const { program, words } = command;
    if (PACKAGE_MANAGERS.includes(program)) return words.flatMap(extensionsOfPackage);
    const installs = /^docker-php-ext-(?:install|enable)$/.test(program) || runs(command, ['pecl'], ['install']);
    return installs ? words.filter((word, at) => isExtension(word) && words[at - 1] !== '-j') : [];
  });
  return [...new Set(names.map((name) => name.replace(/-\d.*$/, '')))];
}

function extensionsOfPackage(word: string): readonly string[] {
  const name = PACKAGE.exec(word)?.[1];
  return name === undefined || NO_EXTENSION.has(name) ? [] : (lookUp(OF_PACKAGE, name) ?? [name]);
}

function isExtension(word: string): boolean {
  return word !== 'install' && /^[a-z][\w-]*(?:-\d[\w.]*)?$/.test(word);
}

const INSTALLER = '/usr/bin/install-php-extensions';

/**
 * Returns the step that installs the extensions. Its installer adds the libraries they need, removes the build tools,
 * and is only mounted, so that it does not end up in the image.
 */
function extensionSteps(facts: DockerfileFacts): readonly string[] {
  const names = extensionsOf(facts);
  if (names.length === 0)
    return [
      '# Install the extensions that the program needs (RUN docker-php-ext-install …), and purge their build tools.',
    ];
  return [
    `RUN --mount=type=bind,from=mlocati/php-extension-installer:2,source=${INSTALLER},target=${INSTALLER} \\`,
    `    install-php-extensions ${names.join(' ')}`,
  ];
}

/** Returns the step that enables Apache modules, such as `rewrite`, which the image's own steps enabled. */
function moduleSteps({ commands }: DockerfileFacts): readonly string[] {
  const names = commands.flatMap(({ program, words }) => (program === 'a2enmod' ? words : []));
  const modules = [...new Set(names.filter((name) => /^[a-z]\w*$/.test(name)))];
  return modules.length > 0 ? [`RUN a2enmod ${modules.join(' ')}`] : [];
}

/**
 * The folders that Laravel writes to. COPY does not change the owner of an existing folder, so they are created first,
 * with storage/logs, which the .dockerignore leaves out.
 */
const LARAVEL_WRITES = [
  'RUN install -d -o www-data -g www-data storage storage/logs bootstrap/cache',
  ...['storage', 'bootstrap/cache'].map(
    (folder) => `COPY --from=build --chown=www-data:www-data /app/${folder} ./${folder}`,
  ),
];

const FPM = /^php-fpm[\d.]*$/;

/** Whether the image starts more than PHP and its web server, such as a supervisor. */
function startsOthers({ entrypoint, cmd, program, script }: DockerfileFacts): boolean {
  return (
    entrypoint.length + cmd.length > 0 && (script !== undefined || ![APACHE, FPM].some((name) => name.test(program)))
  );
}

/**
 * Whether the settings of what the image starts name a distribution's PHP, such as `php-fpm83`, which the official
 * images do not have.
 */
export function startsPackagedPhp(facts: DockerfileFacts): boolean {
  const isPhp = facts.script === undefined && /^php[\d.]*$/.test(facts.program);
  return facts.runtime === 'php' && facts.installsRuntime && !isPhp && startsOthers(facts);
}

/** Returns the lines that start PHP as its official image does, with a note if the image starts something else. */
function startOf(facts: DockerfileFacts, server: Server): readonly string[] {
  if (server === 'cli') return closingLines(facts, START.cli);
  if (!startsOthers(facts)) return closingLines({ ...facts, entrypoint: [], cmd: [] }, START[server]);
  return closingLines(facts, START[server], [
    '# The image starts more than PHP: also copy the settings of the rest, and make sure that it runs without root.',
  ]);
}

const COMPOSER = 'composer install --no-dev --no-scripts --ignore-platform-reqs';

/**
 * Returns the steps that install Composer's packages. If the image shows no trace of Composer, the program may have no
 * packages, or a pipeline may have installed them into `vendor`, which the .dockerignore leaves out.
 */
function composerSteps(facts: DockerfileFacts): readonly string[] {
  const { commands, copies, framework } = facts;
  const from = contextFolderOf(/^composer\.(?:json|lock|\*)$/, facts);
  const lists = [`${from}composer.json`, `${from}composer.lock`];
  // Not every project has a lock; a pattern may match nothing.
  const copied = copies.some((copy) => copiesFile(copy, 'composer.lock'))
    ? lists
    : [lists[0], `${from}composer.loc[k]`];
  const sources = sourceSteps(facts, (source) => isAmong(lists, source));
  const run = runWith(facts, '/tmp/cache');
  const isTraced =
    framework !== '' ||
    commands.some((command) => command.program === 'composer' && !asksVersion(command)) ||
    copies.some((copy) => copiesFile(copy, 'composer') || copiesFile(copy, 'vendor'));
  // Sources that came from another stage may have been installed there.
  const isComplete = copies.length > 0 && copies.every(({ sources }) => !sources.some((path) => path.startsWith('/')));
  if (!isTraced && isComplete) {
    return [...sources, `${run} if [ -f composer.json ]; then ${COMPOSER} --optimize-autoloader; fi`];
  }
  return [
    `COPY ${copied.join(' ')} ./`,
    '# The extensions that packages require are in the last stage, not in this one.',
    `${run} ${COMPOSER} --no-autoloader`,
    ...sources,
    'RUN composer dump-autoload --no-dev --no-scripts --optimize',
  ];
}

/** Returns the packages that the official image does not replace. The installer of extensions adds their libraries. */
function packagesBeside(server: Server, { packages }: DockerfileFacts): DockerfileFacts['packages'] {
  return {
    ...packages,
    build: [],
    headers: [],
    // Composer unpacks packages by unzip.
    run: packages.run.filter((name) => name !== 'unzip' && (server !== 'apache' || !/^(?:apache2|httpd)$/.test(name))),
  };
}

/** Returns a Dockerfile for PHP: one stage runs Composer; the last one serves the program as the image does. */
export function phpDockerfile(image: DockerfileFacts): string {
  const server = serverOf(image);
  // PHP's official images with Apache exist on Debian only.
  const facts: DockerfileFacts = server === 'apache' ? { ...image, base: 'slim-base' } : image;
  const suite = facts.base === 'alpine-base' ? `alpine${ALPINE}` : DEBIAN;
  return [
    'FROM composer:2 AS build',
    'WORKDIR /app',
    ...composerSteps(facts),
    ...(facts.framework === 'laravel' ? ['RUN mkdir -p storage bootstrap/cache'] : []),
    '',
    `FROM php:${facts.release}-${server}-${suite}`,
    ...extensionSteps(facts),
    ...moduleSteps(facts),
    ...runPackages({ ...facts, packages: packagesBeside(server, facts) }),
    ...environmentLines(facts),
    ...facts.phpSettings,
    ...programFolderLines(facts, 'www-data:www-data', '/app'),
    ...(facts.framework === 'laravel' ? LARAVEL_WRITES : []),
    // The number of www-data, by which Kubernetes can check runAsNonRoot.
    suite === DEBIAN ? 'USER 33:33' : 'USER 82:82',
    ...startOf(facts, server),
  ].join('\n');
}
