import table from '../../config/files.json' with { type: 'json' };
import { anyOf } from '../common/any-of.ts';

const AREAS = table.areas.map(({ area, path }) => ({ area, path: new RegExp(path) }));
/** Most files are in no area: one combined pattern finds that out in a fifth of the time of two dozen. */
const ANY_AREA = anyOf(AREAS.map(({ path }) => path));

/** Finds the kind of content that many images could do without. @param path relative to the root */
export function areaOf(path: string): string | undefined {
  return ANY_AREA.test(path) ? AREAS.find((area) => area.path.test(path))?.area : undefined;
}
