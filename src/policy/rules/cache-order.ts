import { evidenceOf } from '../evidence.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { type Command, runs } from '../shell.ts';

const WHOLE_SOURCES = /^(?:--\S+\s+)*(?:\.\/?|\.\/src\/?|src\/?)\s+\S/;

export const cacheOrder: Rule = {
  id: 'cache-order',
  severity: 'info',
  title: 'Dependencies are installed after the sources are copied',
  find: (view) => {
    const sources = view.own.find((layer) => isSources(layer));
    const install = sources && view.own.find((layer) => layer.position > sources.position && installs(layer));
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
  return (verb === 'COPY' || verb === 'ADD') && WHOLE_SOURCES.test(args);
}

function installs(layer: LayerView): boolean {
  return layer.commands.some(installsDependencies);
}

function installsDependencies(command: Command): boolean {
  return (
    runs(command, ['npm', 'pnpm', 'yarn', 'bundle', 'composer', 'bun'], ['install', 'ci', 'i']) ||
    runs(command, ['pip', 'pip3', 'poetry', 'pipenv', 'uv'], ['install', 'sync']) ||
    runs(command, ['go'], ['download']) ||
    runs(command, ['dotnet'], ['restore'])
  );
}
