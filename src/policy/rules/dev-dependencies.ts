import { evidenceOf, hitFrom, packagesEvidence, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { environmentValue, type ImageView, type LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption, runs } from '../shell.ts';

export const devDependencies: Rule = {
  id: 'dev-dependencies',
  severity: 'warn',
  title: 'Dependencies of development are installed in the image that runs',
  find: (view) => {
    const evidence = view.own.flatMap((layer) => measured(layer) ?? likely(layer, view));
    return hitFrom(
      evidence,
      'Install for production: "npm ci --omit=dev", "yarn workspaces focus --production", "pnpm install --prod", "composer install --no-dev", "bundle config set without development:test"',
    );
  },
};

/** Undefined where the layer was not read. */
function measured(layer: LayerView): Evidence[] | undefined {
  const packages = layer.contents?.developmentPackages;
  if (!packages) return undefined;
  return packages.length === 0 ? [] : [packagesEvidence(layer, packages)];
}

function likely(layer: LayerView, view: ImageView): Evidence[] {
  if (isProduction(view) || !layer.commands.some(installsAll)) return [];
  const pruned = view.own.some((later) => later.position >= layer.position && later.commands.some(prunes));
  return pruned ? [] : [evidenceOf(layer, { bytes: upTo(layer.bytes) })];
}

function isProduction(view: ImageView): boolean {
  return ['NODE_ENV', 'RAILS_ENV', 'APP_ENV'].some((name) => environmentValue(view, name) === 'production');
}

function installsAll(command: Command): boolean {
  const everything =
    // "npm install express" adds one package; without a name it is the project's whole list.
    (runs(command, ['npm'], ['install', 'ci', 'i']) &&
      namesNothing(command) &&
      !hasOption(command, '-g', '--global')) ||
    runs(command, ['pnpm'], ['install', 'i']) ||
    (command.program === 'yarn' && namesNothing(command)) ||
    runs(command, ['composer'], ['install']) ||
    (runs(command, ['pip', 'pip3'], ['install']) &&
      command.words.some((word) => /dev.*\.txt$|\[(?:.*,)?(?:dev|test)/.test(word)));
  return everything && !leavesOut(command);
}

function namesNothing(command: Command): boolean {
  return command.words.every((word) => word.startsWith('-') || ['install', 'ci', 'i'].includes(word));
}

function leavesOut(command: Command): boolean {
  return (
    command.words.some((word) =>
      /^(?:--omit=.*dev|--production(?:=true)?|--only=prod.*|--prod|-P|--no-dev)$/.test(word),
    ) || hasOption(command, '--omit')
  );
}

function prunes(command: Command): boolean {
  return (
    runs(command, ['npm', 'pnpm'], ['prune']) ||
    (runs(command, ['yarn'], ['focus']) && hasOption(command, '--production'))
  );
}
