import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { type BuiltStep, builtImage, type MadeUpImage } from './built-image.ts';

/** A made-up image whose history is a listing, as `docker history` would print it. */
export interface ListedImage extends Omit<MadeUpImage, 'steps'> {
  /**
   * A line per step, base first: its time, the compressed size of its layer (`29.1MB`, `4kB`; `-`: no layer), and its
   * `created_by`. A time of `YYYY-MM-DD` means noon, `-` none; `?` stands for a layer that the history leaves out.
   */
  readonly history: string;
  /** The comment that the builder put on every step. */
  readonly comment?: string;
  /** Those of the last steps, in order, if they differ. */
  readonly comments?: readonly string[];
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1_000, MB: 1_000_000, GB: 1_000_000_000 };

/** The classifier's input for a listed image. */
export function listedImage({ history, comment, comments = [], ...image }: ListedImage): ClassifierInput {
  const lines = history.split('\n').filter((line) => line.trim() !== '');
  const first = lines.length - comments.length;
  return builtImage({ ...image, steps: lines.map((line, at) => readStep(line, comments[at - first] ?? comment)) });
}

function readStep(text: string, comment: string | undefined): BuiltStep {
  const [, day = '', size = '', line = ''] = /^\s*(\S+) +(\S+) ?(.*)$/.exec(text) ?? [];
  const [, number, unit = ''] = /^([\d.]+)([kMG]?B)$/.exec(size) ?? [];
  const step = comment === undefined ? { line, day } : { line, day, comment };
  return number === undefined
    ? { ...step, empty: true }
    : { ...step, size: Math.round(Number(number) * (UNITS[unit] ?? 1)) };
}
