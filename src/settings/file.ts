import { readFile } from 'node:fs/promises';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { SettingsError } from '../errors.ts';

/** Where a value stands in a settings tree: keys and positions in lists. */
export type KeyPath = readonly PropertyKey[];

/** A YAML file, read; `value` is not checked yet. */
export interface SettingsFile {
  readonly value: unknown;
  /** `slimboard.yaml:12`, the place of the deepest part of the path that the file has; undefined where it has none. */
  placeOf(path: KeyPath): string | undefined;
}

/**
 * @returns undefined when the file does not exist
 * @throws SettingsError when it cannot be read, or is no YAML
 */
export async function readSettingsFile(file: string): Promise<SettingsFile | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error) throw new SettingsError(`${file}:${lines.linePos(error.pos[0]).line}: no valid YAML: ${error.message}`);
  return {
    value: toValue(file, document),
    placeOf: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === undefined ? undefined : `${file}:${lines.linePos(offset).line}`;
    },
  };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new SettingsError(`${file} cannot be read (${code}): is it a file that you may read?`, { cause: error });
  }
}

/** Aliases are resolved here; the library refuses those that multiply without end. */
function toValue(file: string, document: Document.Parsed): unknown {
  const { contents } = document;
  // What is left of a template whose lines are all comments.
  if (contents === null || (isScalar(contents) && contents.value === null)) return {};
  if (!isMap(contents)) throw new SettingsError(`${file}:1: write keys and values, such as "sources: []"`);
  try {
    return document.toJS();
  } catch (error) {
    throw new SettingsError(`${file}: no valid YAML: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function offsetOf(root: Node | null, path: KeyPath): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const step of path) {
    const next = childOf(node, step);
    if (!next) return isMap(node) || isSeq(node) || isAlias(node) ? offset : undefined;
    node = next.node;
    offset = next.offset ?? offset;
  }
  return offset;
}

function childOf(node: unknown, step: PropertyKey): { node: unknown; offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item && { node: item, offset: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair && { node: pair.value, offset: (pair.key as Node).range?.[0] };
}
