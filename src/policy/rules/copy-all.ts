import { copiesFiles, withoutOptions } from '../../classify/history/instruction.ts';
import type { LayerClass } from '../../classify/verdict.ts';
import { hitFrom, wholeLayer } from '../evidence.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';

/** `COPY . /app`, which copies the whole build context. Copies from an earlier stage name absolute paths instead. */
const WHOLE_CONTEXT = /^\.\/?\s+\S/;
/**
 * A folder as the classic builder and Buildah record it, by its checksum. Only its size suggests that it is the whole
 * context. A relative target with a name, such as `./node_modules`, does not match, nor does the root: such a folder is
 * a part of the context, or from another stage. So is any folder where the last stage neither installs nor builds.
 */
const CLASSIC_FOLDER = /^dir:[0-9a-f]+\s+in\s+(?:\.\/?|\/\S+)\s*$/;
const LARGE_FOLDER_BYTES = 1_000_000;
const WORKS: readonly LayerClass[] = ['dependencies', 'application', 'build-tools'];

export const copyAll: Rule = {
  id: 'copy-all',
  severity: 'info',
  title: 'The whole build context is copied into the image',
  find: (view) => {
    const works = view.own.some(({ verb, class: made }) => verb === 'RUN' && WORKS.includes(made));
    const found = view.own.filter((layer) => copiesContext(layer, works));
    return hitFrom(
      found.map(wholeLayer),
      'Copy by name what the program needs, and list .git, node_modules, tests and local settings in .dockerignore',
    );
  },
};

/** Whether a layer copies the context. @param works whether the last stage installs or builds anything itself */
function copiesContext(layer: LayerView, works: boolean): boolean {
  if (!copiesFiles(layer.verb)) return false;
  const paths = withoutOptions(layer.args);
  return WHOLE_CONTEXT.test(paths) || (works && layer.bytes >= LARGE_FOLDER_BYTES && CLASSIC_FOLDER.test(paths));
}
