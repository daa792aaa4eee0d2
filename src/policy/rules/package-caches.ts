import { CONDA, INSTALL_PROJECT, installsByConda, installsList } from '../installs.ts';
import type { Rule } from '../rule.ts';
import { hasOption, removes, runs, setsOption } from '../shell.ts';
import { type PackageCache, packageCacheRule } from './package-cache-rule.ts';
import { pipCache } from './pip-cache.ts';

const APT = ['apt', 'apt-get'];
/** Scripts that add a package repository, and run apt-get update: NodeSource's, packagecloud's, Cloudsmith's. */
const SET_UP = /\/\/deb\.nodesource\.com\/setup_|\/(?:script|setup)\.deb\.sh(?:\?|$)/;
const APK = ['apk'];
const YUM = ['dnf', 'microdnf', 'yum', 'zypper', 'tdnf'];
const MAVEN = ['mvn', 'mvnw', 'mvnd'];
const GOALS = ['package', 'install', 'verify', 'compile', 'deploy', 'dependency:resolve', 'dependency:go-offline'];
const GRADLE = ['gradle', 'gradlew'];
const TASKS = ['build', 'assemble', 'bootJar', 'shadowJar', 'installDist', 'jar', 'dependencies'];

const CACHES: readonly PackageCache[] = [
  {
    id: 'apt-cache',
    areas: ['apt-lists', 'apt-archives'],
    title: 'The package lists of apt stay in a layer',
    remedy: 'end the same RUN with "rm -rf /var/lib/apt/lists/*", or mount a cache on /var/lib/apt and /var/cache/apt',
    programs: APT,
    fills: (command) =>
      runs(command, APT, ['update']) ||
      (['curl', 'wget'].includes(command.program) && command.words.some((word) => SET_UP.test(word))),
    avoids: (command) => removes(command, '/var/lib/apt') || runs(command, APT, ['dist-clean', 'distclean']),
    // Images of Debian and Ubuntu have this file delete archives, so it is removed to keep them in a cache that is mounted.
    // @see docs.docker.com/reference/dockerfile, "Example: cache apt packages"
    switchesOff: (command) => removes(command, '/etc/apt/apt.conf.d/docker-clean'),
    largestShare: 0.95,
    // Debian 12's lists (main, updates, security; lz4) were measured at 15.3 MB as a gzipped tar. Ubuntu's are larger.
    largestBytes: 40_000_000,
  },
  {
    id: 'apk-cache',
    areas: ['apk-cache'],
    title: 'The package index of apk stays in a layer',
    remedy: 'use "apk add --no-cache", which does not keep the index, and drop "apk update"',
    programs: APK,
    // "apk add --no-cache" does not remove an index that "apk update" left before it.
    fills: (command) => runs(command, APK, ['update', 'add', 'upgrade']) && !hasOption(command, '--no-cache'),
    avoids: (command) => runs(command, APK, ['clean']) || removes(command, '/var/cache/apk'),
    largestShare: 0.9,
    // The two indexes of an Alpine release (main, community) are about 1 MB each; archives stay only in a cache folder.
    largestBytes: 5_000_000,
  },
  {
    id: 'yum-cache',
    areas: ['yum-cache'],
    title: 'The metadata and packages of dnf, yum or zypper stay in a layer',
    remedy:
      'end the same RUN with "dnf clean all" (yum, microdnf and tdnf have the same command; zypper: "zypper clean --all")',
    programs: YUM,
    fills: (command) =>
      runs(command, YUM, ['install', 'in', 'update', 'upgrade', 'groupinstall', 'makecache', 'refresh']),
    avoids: (command) => runs(command, YUM, ['clean', 'cc']) || removes(command, '/var/cache'),
    largestShare: 0.9,
  },
  pipCache,
  {
    id: 'conda-cache',
    areas: ['conda-cache'],
    title: 'The archives of packages that conda downloads stay in a layer',
    remedy: 'end the same RUN with "conda clean --all --yes" (mamba and micromamba have the same command)',
    programs: CONDA,
    fills: installsByConda,
    avoids: (command) => runs(command, CONDA, ['clean']) || removes(command, 'pkgs'),
    // An archive is as large as its files are in the layer, to which the environment has hard links; indexes come on top.
    largestShare: 0.6,
  },
  {
    id: 'npm-cache',
    areas: ['npm-cache'],
    title: "npm's cache of tarballs stays in a layer",
    remedy: 'mount a cache on /root/.npm, or end the same RUN with "npm cache clean --force"',
    programs: ['npm'],
    fills: (command) => runs(command, ['npm'], [...INSTALL_PROJECT, 'add']),
    readsList: installsList,
    // Whoever sets a cache folder is assumed to remove it, or to mount it.
    avoids: (command) =>
      runs(command, ['npm'], ['clean']) ||
      removes(command, '.npm') ||
      (command.program === 'npm' && setsOption(command, '--cache')),
    largestShare: 0.6,
  },
  {
    id: 'yarn-cache',
    areas: ['yarn-cache', 'pnpm-store'],
    title: 'The cache of yarn or the store of pnpm stays in a layer',
    remedy:
      'mount a cache on the store, or end the same RUN with "yarn cache clean" or "pnpm store prune"; not if the program loads packages from yarn\'s cache (Plug\'n\'Play)',
    programs: ['yarn', 'pnpm'],
    fills: (command) =>
      runs(command, ['pnpm'], ['fetch']) ||
      runs(command, ['yarn'], ['install', 'add']) ||
      (command.program === 'yarn' && installsList(command)),
    readsList: installsList,
    avoids: (command) =>
      runs(command, ['yarn'], ['clean']) ||
      // Packages in the layer of the store are hard links to it, and take no space of their own.
      runs(command, ['pnpm'], ['prune', 'install', 'i', 'add']) ||
      command.variables?.some((variable) => variable.startsWith('YARN_CACHE_FOLDER=')) === true ||
      removes(command, 'yarn') ||
      removes(command, '.cache'),
    largestShare: 0.6,
  },
  {
    id: 'maven-cache',
    areas: ['maven-cache'],
    title: "Maven's local repository stays in a layer",
    remedy: 'build in an earlier stage with a cache mounted on /root/.m2, and copy the jar from it',
    programs: MAVEN,
    fills: (command) => runs(command, MAVEN, GOALS),
    avoids: (command) => removes(command, '.m2'),
    largestShare: 0.95,
  },
  {
    id: 'gradle-cache',
    areas: ['gradle-cache'],
    title: "Gradle's caches stay in a layer",
    remedy: 'build in an earlier stage with a cache mounted on /root/.gradle, and copy the jar from it',
    programs: GRADLE,
    fills: (command) => runs(command, GRADLE, TASKS),
    avoids: (command) => removes(command, '.gradle'),
    largestShare: 0.95,
  },
  {
    id: 'go-build-cache',
    areas: ['go-build-cache', 'go-module-cache'],
    title: "Go's build and module caches stay in a layer",
    remedy:
      'build in an earlier stage with caches mounted on /root/.cache/go-build and /go/pkg/mod, and copy the binary',
    programs: ['go'],
    fills: (command) => runs(command, ['go'], ['build', 'install', 'test', 'get', 'download', 'generate']),
    avoids: (command) => runs(command, ['go'], ['clean']) || removes(command, '.cache') || removes(command, 'go-build'),
    largestShare: 0.95,
  },
];

/** The rules about caches of package managers, by which a layer keeps what it only needed to install. */
export const packageCaches: readonly Rule[] = CACHES.map(packageCacheRule);
