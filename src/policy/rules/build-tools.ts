import { hitFrom, packagesEvidence, wholeLayer } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import { installsPackages, isToolchain, removesPackages } from '../installs.ts';
import type { Rule } from '../rule.ts';
import { type Command, removes } from '../shell.ts';

/** A cheap test that saves parsing the scripts of bases, which are long and mostly install no compiler. */
const MENTIONS_TOOLCHAIN =
  /build-|base-dev|devel|sdk|gcc|g\+\+|gfortran|clang|rust|cargo|\sgo(?:lang)?|\/go\d|make|ninja|maven|gradle|jdk|Development/;
/** Where rustup and Go's archives are downloaded from. */
const TOOLCHAIN_SOURCE = /^https:\/\/(?:sh\.rustup\.rs\b|(?:go\.dev|golang\.org)\/dl\/|dl\.google\.com\/go\/)/;

export const buildTools: Rule = {
  id: 'build-tools',
  severity: 'warn',
  title: 'Compilers and build tools are in the final image',
  find: (view) => {
    const evidence = view.layers.flatMap((layer) =>
      layer.contents ? packagesEvidence(layer, layer.contents.toolchain) : likelyEvidence(layer, view),
    );
    return hitFrom(
      evidence,
      'Build in an earlier stage and copy the result: a multi-stage build leaves the toolchain behind',
    );
  },
};

function likelyEvidence(layer: LayerView, view: ImageView): readonly Evidence[] {
  return installsForGood(layer) || unpacksToolchain(layer, view) ? [wholeLayer(layer)] : [];
}

/** Whether a layer installs a toolchain and keeps it. Official bases often purge theirs in the same layer. */
function installsForGood(layer: LayerView): boolean {
  if (layer.class !== 'build-tools' && !MENTIONS_TOOLCHAIN.test(layer.args)) return false;
  const installs = layer.class === 'build-tools' || layer.commands.some(installsToolchain);
  return installs && !layer.commands.some((command) => purges(command, layer));
}

function installsToolchain(command: Command): boolean {
  if (['curl', 'wget'].includes(command.program)) return command.words.some((word) => TOOLCHAIN_SOURCE.test(word));
  return installsPackages(command) && command.words.some(isToolchain);
}

/** Whether a command removes the toolchain: by name, a variable, apk's virtual package, or apt-mark's marks. */
function purges(command: Command, { commands }: LayerView): boolean {
  if (['/usr/bin/gcc', '.rustup'].some((path) => removes(command, path))) return true;
  if (removes(command, '/usr/local/go')) return !isUnpackedAfter(command, commands);
  if (command.program === 'rustup' && command.words.includes('uninstall')) return true;
  if (!removesPackages(command)) return false;
  const namesTools = command.words.some((word) => word.startsWith('$') || isToolchain(word));
  return namesTools || command.program === 'apk' || commands.some(({ program }) => program === 'apt-mark');
}

/** Whether an archive is unpacked after a command: Go's instructions remove an older Go first. @see go.dev/doc/install */
function isUnpackedAfter(command: Command, commands: readonly Command[]): boolean {
  return commands.slice(commands.indexOf(command)).some(({ program }) => program === 'tar');
}

/** Whether a layer is the largest of a toolchain's official image: that one holds the toolchain. */
function unpacksToolchain(layer: LayerView, { image, layers, own }: ImageView): boolean {
  const { base, runtime } = image.verdict;
  const baseLayers = layers.slice(0, layers.length - own.length);
  if (base.confidence === 'unknown' || layer.position >= baseLayers.length) return false;
  const isToolchain = base.references.some((name) =>
    /(?:^|\/)(?:golang|rust|maven|gradle|gcc)(?::|$)|-jdk|\/sdk/.test(name),
  );
  return isToolchain && runtime !== undefined && layer.bytes === Math.max(...baseLayers.map(({ bytes }) => bytes));
}
