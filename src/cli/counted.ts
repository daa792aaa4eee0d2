import { plural } from '../common/plural.ts';

/** A number with what it counts: `1 image`, `3 images`, `2 repositories`. */
export function counted(count: number, one: string): string {
  return `${count} ${plural(count, one)}`;
}
