import { copiesFiles, withoutOptions } from '../../classify/history/instruction.ts';
import { hitFrom, wholeLayer } from '../evidence.ts';
import type { LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';

/** `COPY . /app`, which copies the whole build context. Copies from an earlier stage name absolute paths instead. */
const WHOLE_CONTEXT = /^\.\/?\s+\S/;
/**
 * A folder as the classic builder and Buildah record it, by its checksum. Only its size suggests that it is the whole
 * context. Neither a relative target with a name, such as `./node_modules`, matches nor the root: such a folder is a part
 * of the context, or from another stage.
 */
const CLASSIC_FOLDER = /^dir:[0-9a-f]+\s+in\s+(?:\.\/?|\/\S+)\s*$/;
const LARGE_FOLDER_BYTES = 1_000_000;

export const copyAll: Rule = {
  id: 'copy-all',
  severity: 'info',
  title: 'The whole build context is copied into the image',
  find: (view) => {
    const found = view.own.filter(copiesContext);
    return hitFrom(
      found.map(wholeLayer),
      'Copy by name what the program needs, and list .git, node_modules, tests and local settings in .dockerignore',
    );
  },
};

function copiesContext(layer: LayerView): boolean {
  if (!copiesFiles(layer.verb)) return false;
  const paths = withoutOptions(layer.args);
  return WHOLE_CONTEXT.test(paths) || (layer.bytes >= LARGE_FOLDER_BYTES && CLASSIC_FOLDER.test(paths));
}
