import { humanBytes } from '../measure/human-bytes.ts';
import type { Figure } from './page.ts';

/** What slimming could save of several images. A layer of many images counts in each, so it may exceed what they store. */
export function savingsFigure(bytes: number | null): Figure {
  return {
    name: 'Could be saved, up to',
    value: bytes === null ? 'not known' : humanBytes(bytes),
    note: 'pull sizes, added up image by image',
  };
}

/** How far something is on the way to its goal. @param percent null: it has no goal */
export function progressFigure(percent: number | null, note?: string): Figure {
  return percent === null
    ? { name: 'Progress to the goal', value: 'not known' }
    : {
        name: 'Progress to the goal',
        value: `${percent.toFixed(1)} %`,
        note: note ?? (percent < 0 && 'larger than at the start'),
      };
}
