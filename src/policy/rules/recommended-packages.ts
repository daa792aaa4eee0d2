import { upTo } from '../../measure/byte-range.ts';
import { evidenceOf, hitFrom } from '../evidence.ts';
import { onlyUpgrades } from '../installs.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption, runs } from '../shell.ts';

const APT = ['apt', 'apt-get'];
const DNF = ['dnf', 'microdnf', 'tdnf'];

/** A line of apt.conf(5) or dnf.conf(5), which a step may write for all later ones. */
const SWITCHED_OFF =
  /APT::Install-Recommends\s+\\?["']?(?:0|false|no)\b|(?<!setopt[= ]["']?)install_weak_deps\s*=\s*(?:0|false|no)\b/i;

/** The largest share of a layer that may be recommended packages. Those of Debian 12's python3-pip are 107 of 116 MB. */
const LARGEST_SHARE = 0.95;
/**
 * In compressed bytes. Of fourteen usual packages of Debian 12, LibreOffice recommends most: 272 MB, compressed by xz. The
 * rest of a larger layer is what was named, or what another program installed.
 */
const LARGEST_BYTES = 400_000_000;

export const recommendedPackages: Rule = {
  id: 'recommended-packages',
  severity: 'info',
  title: 'Recommended packages are also installed',
  find: (view) => {
    const found = view.own.filter(({ commands }) => commands.some(installsRecommended));
    if (found.length > 0 && view.own.some(({ args }) => SWITCHED_OFF.test(args))) return undefined;
    return hitFrom(
      found.map((layer) => evidenceOf(layer, { bytes: upTo(Math.min(layer.bytes * LARGEST_SHARE, LARGEST_BYTES)) })),
      'Use "apt-get install --no-install-recommends" (dnf: --setopt=install_weak_deps=False) and install by name what the program needs',
    );
  },
};

function installsRecommended(command: Command): boolean {
  if (onlyUpgrades(command)) return false;
  if (runs(command, APT, ['install'])) {
    return !hasOption(command, '--no-install-recommends') && !disables(command, 'Install-Recommends');
  }
  return runs(command, DNF, ['install']) && !disables(command, 'install_weak_deps');
}

/** Whether an option disables a setting: `-o APT::Install-Recommends=false`. */
function disables(command: Command, setting: string): boolean {
  return command.words.some((word) => word.includes(setting) && /=(?:false|0|no)$/i.test(word));
}
