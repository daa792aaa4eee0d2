import { snakeCase } from '../common/snake-case.ts';

/** What a command or the API answers to programs. Keys are in snake_case, as columns of reports are. */
export interface JsonDocument {
  readonly schema: DocumentSchema;
}

/** The number changes when a reader of the last version could misread the next one. */
type DocumentSchema = `slimboard.${string}/1`;

/** Members whose own keys are data, at every depth: labels, error codes, operations of Amazon ECR, settings of an audit. */
const KEYED_BY_DATA: ReadonlySet<string> = new Set(['ownLabels', 'errors', 'operations', 'options']);

/** Makes a document. Members' keys become snake_case, at every depth; keys that are data, and all values, stay. */
export function jsonDocument(schema: DocumentSchema, members: object): JsonDocument {
  return { schema, ...membersInSnakeCase(members) };
}

/** A part of a document that is written piece by piece, with its keys as {@link jsonDocument} spells them. */
export function jsonPart(members: object): string {
  return JSON.stringify(membersInSnakeCase(members));
}

function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  return isPlainObject(value) ? membersInSnakeCase(value) : value;
}

/** Not a date or a buffer, which JSON writes in its own way. */
function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function membersInSnakeCase(members: object): object {
  return Object.fromEntries(
    Object.entries(members).map(([key, value]) => [
      snakeCase(key),
      KEYED_BY_DATA.has(key) ? value : inSnakeCase(value),
    ]),
  );
}
