import * as z from 'zod';
import { checkedGlob } from '../common/glob.ts';
import { SlimboardError } from '../errors.ts';
import { nearest } from './nearest.ts';

// The field types of the settings schema. Their errors say what the field accepts; the caller adds the file and line,
// variable or flag.

/** Keys of secrets, but not `secretFrom`, which names a variable. */
const SECRET_KEY = /pass(?:word|wd)?$|token|secret(?!From)|credential|private|accesskey|username/i;

/**
 * An object that accepts only the keys of its shape. The error for unknown keys has a line for each.
 * @param secrets where secrets belong instead; completes the error for an unknown key that looks like one
 */
export function keys<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  secrets = 'the environment (see docs/settings.md)',
) {
  const accepted = Object.keys(shape).filter((key) => !SECRET_KEY.test(key));
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys?.map((key) => unknownKey(key, accepted, secrets)).join('\n')
          : `expected keys and values; accepted: ${accepted.join(', ')}`,
    })
    .readonly();
}

/**
 * The error message for a key that is not accepted.
 * @param secrets where secrets belong instead, for a key that looks like one; default: keys are not checked for that
 */
export function unknownKey(key: string, accepted: readonly string[], secrets?: string): string {
  if (secrets !== undefined && SECRET_KEY.test(key))
    return `secrets are never read from a file: put it into ${secrets}`;
  const close = nearest(key, accepted);
  return `unknown key${close ? ` (did you mean "${close}"?)` : ''}; accepted: ${accepted.join(', ')}`;
}

/** The fields of a shape, each of which may be left out. */
export function optional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  const fields = Object.entries(shape).map(([key, field]) => [key, field.exactOptional()]);
  return Object.fromEntries(fields) as { readonly [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]> };
}

/** A list of items. @param example shown in the error when the value is no list */
export function list<Item extends z.core.SomeType>(item: Item, example: string) {
  return z.array(item, { error: `expected a list, such as ${example}` }).readonly();
}

/** A list; a single text stands for a list of one. */
export function oneOrMore<Item extends z.core.SomeType>(item: Item, example: string) {
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list(item, example));
}

/** One of these words; the error for a near miss suggests the right one. */
export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, {
    error: ({ input }) => {
      const close = typeof input === 'string' ? nearest(input, values) : undefined;
      return `expected one of ${values.join(', ')}${close ? ` (did you mean "${close}"?)` : ''}`;
    },
  });
}

/** A boolean; the texts `true` and `false` are accepted, because environment variables are text. */
export function toggle() {
  return z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: 'expected true or false' }),
  );
}

/** A whole number from `min` to `max`; text of digits is accepted, because flags and variables are text. */
export function integer(min: number, max: number) {
  const rule = `expected a whole number from ${min} to ${max}`;
  // Without `abort`, a union with an integer would report this rule in place of its own.
  const bound = { error: rule, abort: true };
  return z.preprocess(digitsToNumber, z.int({ error: rule }).min(min, bound).max(max, bound));
}

function digitsToNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** Text that matches a pattern. @param what describes the pattern in the error, where the example does not suffice */
export function text(example: string, pattern = /./, what = 'text') {
  const rule = `expected ${what}, such as ${example}`;
  return z.string({ error: rule }).regex(pattern, { error: rule, abort: true });
}

/** Text, or a bare number, that `parse` reads; a SlimboardError that it throws becomes the field's error. */
export function parsed<Value>(example: string, parse: (text: string) => Value) {
  return z
    .union([z.string(), z.number()], { error: `expected text, such as ${example}` })
    .transform(transformBy(parse));
}

function transformBy<Value>(parse: (text: string) => Value) {
  return (value: string | number, context: z.core.$RefinementCtx): Value => {
    try {
      return parse(String(value));
    } catch (error) {
      if (!(error instanceof SlimboardError)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: value });
      return z.NEVER;
    }
  };
}

/** A pattern. It refuses bare numbers, unlike {@link parsed}: YAML would read a name like `1.10` as the number 1.1. */
export const glob = z
  .string({ error: 'expected text, such as payments/**; quote what looks like a number: "1.10"' })
  .transform(transformBy(checkedGlob));
export const globs = oneOrMore(glob, '["payments/**", "billing-*"]');
