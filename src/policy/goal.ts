import { parseBytesWithUnit } from '../common/units.ts';
import { SettingsError } from '../errors.ts';

/** How small images should become: reduced by a ratio, or down to a size. */
export type Goal =
  | {
      readonly kind: 'reduction';
      /** 0 to 1; `90%` is 0.9. */
      readonly ratio: number;
    }
  | { readonly kind: 'size'; readonly bytes: number };

/**
 * Parses a goal: `90%` is a reduction by nine tenths, `120MB` a size to get down to.
 * @throws SettingsError when the text is neither, or is 0% or above 100%
 */
export function parseGoal(text: string): Goal {
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? [];
  // Without a unit, 90 would be a goal of 90 bytes.
  if (percent === undefined)
    return { kind: 'size', bytes: parseBytesWithUnit(text, 'goal: expected for example 90% or 120MB') };
  const ratio = Number(percent) / 100;
  if (ratio === 0) throw new SettingsError(`"${text}" is not a goal: every image meets it already`);
  if (ratio > 1) throw new SettingsError(`"${text}" is not a goal: expected at most 100%`);
  return { kind: 'reduction', ratio };
}
