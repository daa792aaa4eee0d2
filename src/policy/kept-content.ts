import { isSecretName, maySayASecret } from '../classify/redact.ts';
import { isObject, parseJsonObject } from '../oci/json.ts';
import { hideSecrets, hideVariable, isSecret } from './secrets.ts';

/** Nothing that is read lies deeper; a walk needs an end, whatever somebody nested. */
const MAX_DEPTH = 64;

/**
 * A manifest, config or statement as it may be kept: secrets of its environment, its history, labels and build arguments
 * are replaced by a mark that the rules take for a secret. Content without secrets stays as fetched, byte by byte.
 * @throws MalformedContentError when it is no JSON object
 */
export function withoutSecrets(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (!maySayASecret(text)) return body;
  const content = parseJsonObject(text, 'content');
  const variables = secretVariables(content, 0);
  const cleaned = clean(content, { depth: 0, hideText: (value) => hideSecrets(hideSettings(value, variables)) });
  return cleaned === content ? body : Buffer.from(JSON.stringify(cleaned));
}

interface Walk {
  readonly depth: number;
  readonly hideText: (text: string) => string;
}

/** The value itself where nothing in it was a secret. */
function clean(value: unknown, walk: Walk, name = ''): unknown {
  if (typeof value === 'string') return cleanText(value, name, walk);
  if (typeof value !== 'object' || value === null) return value;
  if (walk.depth >= MAX_DEPTH) return null;
  const deeper = { ...walk, depth: walk.depth + 1 };
  if (Array.isArray(value)) {
    const items = value.map((item, at) =>
      isVariable(name, item) ? hideEntry(item) : clean(item, deeper, flagName(value[at - 1])),
    );
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  const entries = Object.entries(value).map(([key, entry]) => [key, clean(entry, deeper, key)] as const);
  return entries.every(([key, entry]) => entry === (value as Record<string, unknown>)[key])
    ? value
    : Object.fromEntries(entries);
}

function cleanText(value: string, name: string, { hideText }: Walk): string {
  return isSecretName(name) && isSecret(name, value)
    ? hideVariable(name, value).slice(name.length + 1)
    : hideText(value);
}

/** The name of a flag whose value is the next word, as in `["--password", "…"]`. */
function flagName(word: unknown): string {
  const [, name = ''] = (typeof word === 'string' && /^--?([A-Za-z][\w.-]{0,60})$/.exec(word)) || [];
  return name.replaceAll('-', '_');
}

/** The entries of `Env`, in a config and in what Docker calls the container's. */
function isVariable(name: string, item: unknown): item is string {
  return name === 'Env' && typeof item === 'string' && item.includes('=');
}

function hideEntry(entry: string): string {
  const equals = entry.indexOf('=');
  return hideVariable(entry.slice(0, equals), entry.slice(equals + 1));
}

/** Variables whose values are secrets, as the steps that set them write them: a value of several words ends nowhere. */
function secretVariables(content: unknown, depth: number): readonly string[] {
  if (!isObject(content) || depth > 1) return [];
  const own = Array.isArray(content.Env) ? content.Env.filter((entry) => isVariable('Env', entry)) : [];
  const nested = Object.values(content).flatMap((value) => secretVariables(value, depth + 1));
  return [...own.filter((entry) => hideEntry(entry) !== entry), ...nested];
}

function hideSettings(text: string, variables: readonly string[]): string {
  return variables.reduce((hidden, entry) => hidden.replaceAll(entry, () => hideEntry(entry)), text);
}
