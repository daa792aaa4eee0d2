import { evidenceOf, hitFrom, packagesEvidence, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, removes, runs } from '../shell.ts';

const PACKAGE_MANAGERS = ['apt', 'apt-get', 'apk', 'dnf', 'microdnf', 'yum', 'zypper', 'tdnf'];
/** Packages that bring a compiler or a build driver, by their names in Debian, Alpine and Fedora. */
const TOOLCHAINS = 'build-essential build-base gcc g++ gcc-c++ clang make cmake cargo rustc golang golang-go go'.split(
  ' ',
);

const MENTIONS_TOOLCHAIN = new RegExp(
  `\\s(?:${TOOLCHAINS.map((name) => name.replaceAll('+', '\\+')).join('|')})(?:\\s|$)`,
);

export const buildTools: Rule = {
  id: 'build-tools',
  severity: 'warn',
  title: 'Compilers and build tools are in the image that runs',
  find: (view) => {
    const evidence = view.layers.filter((layer) => bringsToolchain(layer, view)).map(toolchainEvidence);
    return hitFrom(
      evidence,
      'Build in an earlier stage and copy what it makes: a multi-stage build leaves the toolchain behind',
    );
  },
};

function bringsToolchain(layer: LayerView, view: ImageView): boolean {
  if (layer.contents?.toolchain) return layer.contents.toolchain.length > 0;
  if (layer.class === 'build-tools') return true;
  return installsForGood(layer) || unpacksToolchain(layer, view);
}

/** Official bases install a compiler, build with it and purge it, all in one layer: that leaves none. */
function installsForGood(layer: LayerView): boolean {
  // Bases have long scripts, most without a compiler: those are not taken apart.
  if (!MENTIONS_TOOLCHAIN.test(layer.args)) return false;
  return layer.commands.some(installsToolchain) && !layer.commands.some(purges);
}

function installsToolchain(command: Command): boolean {
  if (command.words.includes('--virtual') || command.words.includes('-t')) return false;
  return runs(command, PACKAGE_MANAGERS, ['install', 'add']) && runs(command, PACKAGE_MANAGERS, TOOLCHAINS);
}

function purges(command: Command): boolean {
  return (
    runs(command, PACKAGE_MANAGERS, ['purge', 'autoremove', 'remove', 'erase', 'del']) ||
    removes(command, '/usr/bin/gcc')
  );
}

/** The base of a compiler's own image: its largest layer is the toolchain. */
function unpacksToolchain(layer: LayerView, { image, layers, own }: ImageView): boolean {
  const { base, runtime } = image.verdict;
  if (base.confidence === 'unknown' || layer.position >= layers.length - own.length) return false;
  const isToolchain = base.references.some((name) =>
    /(?:^|\/)(?:golang|rust|maven|gradle|gcc)(?::|$)|-jdk|\/sdk/.test(name),
  );
  return isToolchain && runtime !== undefined && layer.bytes === Math.max(...layers.map(({ bytes }) => bytes));
}

function toolchainEvidence(layer: LayerView): Evidence {
  const tools = layer.contents?.toolchain;
  return tools ? packagesEvidence(layer, tools) : evidenceOf(layer, { bytes: upTo(layer.bytes) });
}
