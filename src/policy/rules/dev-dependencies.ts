import { compressedShare, environmentValue, evidenceOf, type ImageView, type LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption, runs } from '../shell.ts';

export const devDependencies: Rule = {
  id: 'dev-dependencies',
  severity: 'warn',
  title: 'Dependencies of development are installed in the image that runs',
  find: (view) => {
    const found = view.own.filter((layer) => measured(layer) ?? (!isProduction(view) && isLikely(layer, view)));
    if (found.length === 0) return undefined;
    const proven = found.every((layer) => measured(layer));
    const max = found.reduce((sum, layer) => sum + developmentBytes(layer), 0);
    return {
      confidence: proven ? 'proven' : 'inferred',
      message:
        'Install for production: "npm ci --omit=dev", "yarn workspaces focus --production", "pnpm install --prod", "composer install --no-dev", "bundle config set without development:test"',
      evidence: found.map((layer) => evidenceOf(layer, subjectOf(layer))),
      bytes: { min: proven ? max : 0, max },
    };
  },
};

/** What the contents say; undefined where they were not read. */
function measured(layer: LayerView): boolean | undefined {
  return layer.contents?.developmentPackages && layer.contents.developmentPackages.length > 0;
}

function isProduction(view: ImageView): boolean {
  return ['NODE_ENV', 'RAILS_ENV', 'APP_ENV'].some((name) => environmentValue(view, name) === 'production');
}

function isLikely(layer: LayerView, view: ImageView): boolean {
  const pruned = view.own.some((later) => later.position >= layer.position && later.commands.some(prunes));
  return !pruned && layer.commands.some(installsAll);
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

function developmentBytes(layer: LayerView): number {
  const packages = layer.contents?.developmentPackages;
  if (!packages) return layer.bytes;
  return compressedShare(
    layer,
    packages.reduce((sum, { bytes }) => sum + bytes, 0),
  );
}

function subjectOf(layer: LayerView): string | undefined {
  return layer.contents?.developmentPackages?.map(({ name }) => name).join(', ');
}
