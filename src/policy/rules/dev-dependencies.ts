import { hitFrom, packagesEvidence, wholeLayer } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import { installsList } from '../installs.ts';
import type { Rule } from '../rule.ts';
import { type Command, hasOption, runs, setsOption, valuesOf } from '../shell.ts';
import { variableSeenBy } from '../variables.ts';

export const devDependencies: Rule = {
  id: 'dev-dependencies',
  severity: 'warn',
  title: 'Development dependencies are installed in the final image',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      layer.contents ? packagesEvidence(layer, layer.contents.developmentPackages) : likelyEvidence(layer, view),
    );
    return hitFrom(evidence, `Install production dependencies only: ${remediesFor(view, evidence).join(', ')}`);
  },
};

/** Returns the remedies for the programs that install in the image and for the packages found; by default all of them. */
function remediesFor({ own }: ImageView, evidence: readonly Evidence[]): readonly string[] {
  const commands = own.flatMap((layer) => layer.commands);
  const all = INSTALLERS.flatMap(({ remedies, installs }) =>
    Object.entries(remedies).map(([program, remedy]) => ({ program, remedy, installs })),
  );
  const used = all.filter(({ program, installs }) =>
    commands.some((command) => command.program === program && installs(command)),
  );
  const headers = evidence.some(({ subject = '' }) => /-dev(?:,|$)/.test(subject)) ? [HEADERS_REMEDY] : [];
  const remedies = [...used.map(({ remedy }) => remedy), ...headers];
  return [...new Set(remedies.length > 0 ? remedies : all.map(({ remedy }) => remedy))];
}

/** The remedy for header packages of Debian and Alpine. */
const HEADERS_REMEDY = '-dev packages in an earlier stage, and only their libraries in the last';

function likelyEvidence(layer: LayerView, view: ImageView): readonly Evidence[] {
  const installer = INSTALLERS.find(
    ({ remedies, installs }) =>
      Object.keys(remedies).some((name) => view.ownPrograms.has(name)) && layer.commands.some(installs),
  );
  if (!installer) return [];
  // Only this layer's commands count: what a later layer prunes is still pulled.
  if (layer.commands.some((command) => installer.leavesOut(command) || prunes(command))) return [];
  if (isConfiguredBefore(layer, installer, view)) return [];
  const isProduction = Object.entries(installer.variables).some(([name, values]) =>
    values.test(variableSeenBy(view, layer, name) ?? ''),
  );
  return isProduction ? [] : [wholeLayer(layer)];
}

/** Whether an earlier step configured the installer to leave development dependencies out. */
function isConfiguredBefore({ position }: LayerView, { leavesOut }: Installer, { own }: ImageView): boolean {
  const earlier = own.filter((layer) => layer.position < position).flatMap(({ commands }) => commands);
  return earlier.some((command) => command.words[0] === 'config' && leavesOut(command));
}

/** Programs that install a project's dependencies, by default including those for development. */
interface Installer {
  /** The remedy for each program; an image that runs none of them is skipped. */
  readonly remedies: Readonly<Record<string, string>>;
  /** Whether a command installs dependencies. */
  readonly installs: (command: Command) => boolean;
  /** Whether a command leaves development dependencies out, or removes them again. */
  readonly leavesOut: (command: Command) => boolean;
  /** Environment variables with the same effect, and the values that have it. */
  readonly variables: Readonly<Record<string, RegExp>>;
}

const IS_SET = /./;

const INSTALLERS: readonly Installer[] = [
  {
    remedies: {
      npm: '"npm ci --omit=dev"',
      pnpm: '"pnpm install --prod"',
      yarn: '"yarn install --production" (from version 2 on, "yarn workspaces focus --all --production")',
      bun: '"bun install --production"',
    },
    installs: (command) => installsList(command) && !hasOption(command, '-g', '--global'),
    leavesOut: isForProduction,
    variables: { NODE_ENV: /^production$/, NPM_CONFIG_OMIT: /dev/, NPM_CONFIG_PRODUCTION: /^true$/ },
  },
  {
    remedies: { composer: '"composer install --no-dev"' },
    installs: (command) => runs(command, ['composer'], ['install']),
    leavesOut: (command) => hasOption(command, '--no-dev'),
    variables: { COMPOSER_NO_DEV: /^1$/ },
  },
  {
    remedies: { bundle: '"bundle config set without development:test"' },
    installs: (command) => runs(command, ['bundle'], ['install']),
    leavesOut: (command) => command.words.some((word) => /^(?:--)?without$/.test(word)),
    variables: { BUNDLE_WITHOUT: IS_SET, BUNDLE_ONLY: IS_SET },
  },
  {
    remedies: { poetry: '"poetry install --only main"' },
    installs: (command) => runs(command, ['poetry'], ['install']),
    leavesOut: (command) => setsOption(command, '--only', '--without', '--no-dev'),
    variables: {},
  },
  {
    remedies: { uv: '"uv sync --no-dev"' },
    installs: (command) => runs(command, ['uv'], ['sync']),
    leavesOut: (command) =>
      hasOption(command, '--no-dev', '--no-default-groups', '--only-group') ||
      valuesOf(command, '--no-group').includes('dev'),
    variables: { UV_NO_DEV: IS_SET, UV_NO_DEFAULT_GROUPS: IS_SET },
  },
  {
    remedies: { pip: 'a separate requirements file for production', pipenv: '"pipenv sync" without --dev' },
    installs: (command) =>
      (runs(command, ['pip'], ['install']) &&
        command.words.some((word) => /dev.*\.txt$|\[(?:.*,)?(?:dev|test)/.test(word))) ||
      (runs(command, ['pipenv'], ['install', 'sync']) && hasOption(command, '--dev', '-d')),
    leavesOut: () => false,
    variables: {},
  },
];

/** Whether an option leaves them out: `--omit=dev`, `--prod`; not `--omit=optional`, `--production=false`. */
function isForProduction(command: Command): boolean {
  return (
    valuesOf(command, '--omit').some((value) => /\bdev\b/.test(value)) ||
    valuesOf(command, '--only').some((value) => /^prod(?:uction)?$/.test(value)) ||
    valuesOf(command, '--production', '--prod', '-P').some((value) => value !== 'false')
  );
}

function prunes(command: Command): boolean {
  return (
    runs(command, ['npm', 'pnpm'], ['prune']) ||
    (runs(command, ['yarn'], ['focus']) && hasOption(command, '--production'))
  );
}
