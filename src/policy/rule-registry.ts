import type { Rule } from './rule.ts';
import { addRemoteUrl } from './rules/add-remote-url.ts';
import { buildTools } from './rules/build-tools.ts';
import { cacheOrder } from './rules/cache-order.ts';
import { copyAll } from './rules/copy-all.ts';
import { deletedFiles } from './rules/deleted-files.ts';
import { devDependencies } from './rules/dev-dependencies.ts';
import { endOfLifeBase } from './rules/end-of-life-base.ts';
import { fatBase } from './rules/fat-base.ts';
import { manyLayers } from './rules/many-layers.ts';
import { measuredBytes } from './rules/measured-bytes.ts';
import { secretFile, setuidFiles } from './rules/measured-paths.ts';
import { noHealthcheck } from './rules/no-healthcheck.ts';
import { packageCaches } from './rules/package-caches.ts';
import { recommendedPackages } from './rules/recommended-packages.ts';
import { rewrittenFiles } from './rules/rewritten-files.ts';
import { rootUser } from './rules/root-user.ts';
import { secretInEnv } from './rules/secret-in-env.ts';
import { secretInHistory } from './rules/secret-in-history.ts';
import { staleBase } from './rules/stale-base.ts';
import { unpinnedBase } from './rules/unpinned-base.ts';

/**
 * The version of rules and advice. Raise it whenever a rule changes, or advice projects something else from the same
 * knowledge: findings and plans stored under an older version are then recomputed from stored content.
 */
export const RULES_VERSION = 19;

/** Every rule, in the order in which findings are listed: first those about size, then safety, then good practice. */
export const RULES: readonly Rule[] = [
  buildTools,
  fatBase,
  devDependencies,
  ...packageCaches,
  deletedFiles,
  rewrittenFiles,
  ...measuredBytes,
  recommendedPackages,
  copyAll,
  manyLayers,
  cacheOrder,
  addRemoteUrl,
  secretInEnv,
  secretInHistory,
  secretFile,
  rootUser,
  setuidFiles,
  endOfLifeBase,
  staleBase,
  unpinnedBase,
  noHealthcheck,
];

/** Returns a rule's title; undefined if the rule is unknown or no longer exists. */
export function ruleTitle(id: string): string | undefined {
  return RULES.find((rule) => rule.id === id)?.title;
}
