import { copiesFiles, withoutOptions } from '../../classify/history/instruction.ts';
import { evidenceOf } from '../evidence.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, runs } from '../shell.ts';

const WHOLE_SOURCES = /^(?:\.\/?|\.\/src\/?|src\/?)\s+\S/;

export const cacheOrder: Rule = {
  id: 'cache-order',
  severity: 'info',
  title: 'Dependencies are installed after the sources are copied',
  find: (view) => {
    const at = view.own.findIndex(isSources);
    const before = installersOf(view.own.slice(0, Math.max(0, at)));
    const install = view.own.slice(at + 1).find(({ commands }) => {
      return commands.some((command) => installsDependencies(command) && !before.includes(command.program));
    });
    const sources = view.own[at];
    if (!sources || !install) return undefined;
    return {
      confidence: 'inferred',
      message:
        'Every change of the sources reinstalls all dependencies, and every release adds them as a new layer: copy the lock file, install, and copy the sources last',
      evidence: [evidenceOf(sources), evidenceOf(install)],
    };
  },
};

function isSources({ verb, args }: LayerView): boolean {
  return copiesFiles(verb) && WHOLE_SOURCES.test(withoutOptions(args));
}

/** Returns the programs that installed from lists copied before: afterwards, they only add the program itself. */
function installersOf(layers: readonly LayerView[]): readonly string[] {
  const firstCopy = layers.findIndex(({ verb }) => copiesFiles(verb));
  const after = firstCopy < 0 ? [] : layers.slice(firstCopy);
  return after.flatMap(({ commands }) => commands.filter(installsDependencies)).map(({ program }) => program);
}

function installsDependencies(command: Command): boolean {
  return (
    runs(command, ['npm', 'pnpm', 'yarn', 'bundle', 'composer', 'bun'], ['install', 'ci', 'i']) ||
    runs(command, ['pip', 'poetry', 'pipenv', 'uv'], ['install', 'sync']) ||
    runs(command, ['go'], ['download']) ||
    runs(command, ['dotnet'], ['restore'])
  );
}
