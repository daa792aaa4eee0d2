import { hasNodePackages, runtimeOf } from '../classify/verdict.ts';
import { rememberOf } from '../common/remember.ts';
import type { ImageView, LayerView } from '../policy/image-view.ts';
import { installsProject } from '../policy/installs.ts';
import type { Command } from '../policy/shell.ts';
import { ownPackages } from './own-packages.ts';
import { startWordsOf } from './start.ts';

/** nginx as the only command of a shell's script. */
const NGINX_ALONE = /^(?:exec\s+)?(?:\/\S*\/)?nginx(?:\s+-\w\s+(?:"[^"]*"|'[^']*'|[\w./-]+))*$/;
const NGINX = /^(?:\S*\/)?nginx$/;
const BUILDERS = ['npm', 'npx', 'pnpm', 'yarn', 'bun'];

/**
 * Whether Node.js only builds the pages that nginx serves: the image's own steps installed nginx as a package of
 * the distribution, and nothing else is started. Such pages are served without Node.js.
 */
export const servesPages: (view: ImageView) => boolean = rememberOf((view) => {
  if (!hasNodePackages(runtimeOf(view.image.verdict).name)) return false;
  if (!BUILDERS.some((program) => view.ownPrograms.has(program))) return false;
  return startsNginxAlone(view) && ownPackages(view).run.includes('nginx');
});

function startsNginxAlone(view: ImageView): boolean {
  const [first = '', option, script = ''] = startWordsOf(view);
  return option === '-c' ? NGINX_ALONE.test(script.trim()) : NGINX.test(first);
}

/** Whether a layer holds nothing but packages of Node.js, which pages were built with. */
export function holdsPackagesOfNode({ commands }: LayerView): boolean {
  return commands.length > 0 && commands.every((command) => command.program === 'cd' || installsProject(command));
}

/** Whether a command puts built pages where nginx serves them. */
export function placesPages({ program, words }: Command): boolean {
  return /^(?:cp|mv)$/.test(program) && words.length >= 2 && /^\/(?!tmp\/)/.test(words.at(-1) ?? '');
}
