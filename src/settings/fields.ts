import * as z from 'zod';
import { SlimboardError } from '../errors.ts';
import { nearest } from './nearest.ts';

/**
 * The kinds of fields that settings are made of. Each says in its error what it accepts; the caller adds where it stands
 * and what was found there.
 */

const SECRET_KEY = /pass(?:word|wd)?$|token|secret|credential|private|accesskey|username/i;

/** An object of known keys only; `secrets` tells where a secret belongs that somebody wrote here. */
export function keys<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  secrets = 'the environment (see docs/settings.md)',
) {
  const accepted = Object.keys(shape);
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? unknownKey(String(issue.keys?.[0]), accepted, secrets)
          : `write keys and values: ${accepted.join(', ')}`,
    })
    .readonly();
}

/** What is wrong with a key that nobody reads: `secrets` tells where it belongs if it is one. */
export function unknownKey(key: string, accepted: readonly string[], secrets?: string): string {
  if (secrets !== undefined && SECRET_KEY.test(key))
    return `secrets are never read from a file: put it into ${secrets}`;
  const close = nearest(key, accepted);
  return `unknown key${close ? `: did you mean "${close}"?` : ''}; accepted: ${accepted.join(', ')}`;
}

/** @param example shown where something else is written */
export function list<Item extends z.core.SomeType>(item: Item, example: string) {
  return z.array(item, { error: `write a list, such as ${example}` }).readonly();
}

/** A list, or its only item. */
export function oneOrMore<Item extends z.core.SomeType>(item: Item, example: string) {
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), list(item, example));
}

/** One of these words; a near miss is told which it may mean. */
export function choice<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, {
    error: (issue) => {
      const close = typeof issue.input === 'string' ? nearest(issue.input, values) : undefined;
      return `${close ? `did you mean "${close}"? ` : ''}write one of ${values.join(', ')}`;
    },
  });
}

/** A truth; `true` and `false` count as text, too, as variables are text. */
export function toggle() {
  return z.preprocess(
    (value) => (value === 'true' ? true : value === 'false' ? false : value),
    z.boolean({ error: 'write true or false' }),
  );
}

/** A whole number; text of digits counts, as flags and variables are text. */
export function integer(min: number, max: number) {
  const rule = `write a whole number from ${min} to ${max}`;
  return z.preprocess(digitsToNumber, z.int({ error: rule }).min(min, { error: rule }).max(max, { error: rule }));
}

function digitsToNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** @param what says what the pattern takes, where the example alone does not */
export function text(example: string, pattern = /./, what = 'text') {
  const rule = `write ${what}, such as ${example}`;
  return z.string({ error: rule }).regex(pattern, { error: rule });
}

/** Text (or a bare number) that a parser of ours reads; the parser's error is the field's. */
export function parsed<Value>(example: string, parse: (text: string) => Value) {
  return z.union([z.string(), z.number()], { error: `write text, such as ${example}` }).transform(reading(parse));
}

/** As {@link parsed}, of text that may look like a number: of a bare `1.10` YAML leaves 1.1. */
export function parsedName<Value>(example: string, parse: (text: string) => Value) {
  const rule = `write text, such as ${example}; what looks like a number in quotes: "1.10"`;
  return z.string({ error: rule }).transform(reading(parse));
}

function reading<Value>(parse: (text: string) => Value) {
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
