import { readFile } from 'node:fs/promises';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { codeOf, messageOf, SettingsError, unreadableFile } from '../errors.ts';
import type { KeyPath, SettingsOrigin } from './origins.ts';

/** A parsed YAML file. */
export interface SettingsFile extends SettingsOrigin {
  readonly path: string;
}

/**
 * Reads and parses a YAML file.
 * @returns undefined when the file does not exist
 * @throws SettingsError when it cannot be read, is not UTF-8, is not valid YAML, or is not a map
 */
export async function readSettingsFile(file: string): Promise<SettingsFile | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error) throw new SettingsError(`${file}:${lines.linePos(error.pos[0]).line}: invalid YAML: ${mistakeOf(error)}`);
  return {
    path: file,
    value: toValue(file, document),
    placeOf: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === undefined ? undefined : `${file}:${lines.linePos(offset).line}`;
    },
  };
}

/** What is wrong, in the parser's words unless they are for programmers. */
function mistakeOf({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'expected one document: remove the line "---" that begins another' : message;
}

async function readText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new SettingsError(`${file}: the text is not UTF-8: save the file as UTF-8`, { cause: error });
  }
}

async function readBytes(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadableFile(file, error);
  }
}

/** Converts the document to plain values and resolves aliases; the library refuses unbounded expansion. */
function toValue(file: string, document: Document.Parsed): unknown {
  const { contents } = document;
  // A template whose lines are all commented out is empty.
  if (contents === null || (isScalar(contents) && contents.value === null)) return {};
  if (!isMap(contents)) throw new SettingsError(`${file}:1: expected keys and values, such as "sources: []"`);
  try {
    return document.toJS();
  } catch (error) {
    throw new SettingsError(`${file}: invalid YAML: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function offsetOf(root: Node | null, path: KeyPath): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const step of path) {
    const next = childOf(node, step);
    // A key without a value counts as not set.
    if (!next) return isScalar(node) && node.value === null ? undefined : offset;
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
