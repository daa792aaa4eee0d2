import { isSecretName, maySayASecret } from '../classify/redact.ts';
import { isObject, type JsonObject, parseJsonObject } from '../oci/json.ts';
import { hideSecrets, hideVariable, isSecret } from './secrets.ts';

/** Nothing that is read lies deeper; a walk needs an end, whatever somebody nested. */
const MAX_DEPTH = 64;
/** Longer ones are known by their forms only: comparing them with every step that names them takes too long. */
const MAX_SETTING = 4_096;
/** Fields in base64: the Dockerfile of a build, content within a descriptor, the statement of an envelope. */
const ENCODED = new Set(['data', 'payload']);
const HOLDS_ENCODED = /"(?:data|payload)"/;

/**
 * A manifest, config or statement as it may be kept: secrets of its environment, its history, labels and build arguments
 * are replaced by a mark that the rules take for a secret. Content without secrets stays as fetched, byte by byte.
 * @throws MalformedContentError when it is no JSON object
 */
export function withoutSecrets(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (!HOLDS_ENCODED.test(text) && !maySayASecret(text)) return body;
  const content = parseJsonObject(text, 'content');
  const cleaned = cleanDocument(content, 0);
  return cleaned === content ? body : Buffer.from(JSON.stringify(cleaned));
}

interface Walk {
  readonly depth: number;
  readonly hideText: (text: string) => string;
}

function cleanDocument(content: unknown, depth: number): unknown {
  const variables = secretVariables(content);
  return clean(content, { depth, hideText: (text) => hideSecrets(hideSettings(text, variables)) });
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

function cleanText(value: string, name: string, walk: Walk): string {
  if (isSecretName(name) && isSecret(name, value)) return hideVariable(name, value).slice(name.length + 1);
  return ENCODED.has(name) ? cleanEncoded(value, walk) : walk.hideText(value);
}

function cleanEncoded(encoded: string, walk: Walk): string {
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const cleaned = isText ? cleanDecoded(text, walk) : text;
  return cleaned === text ? walk.hideText(encoded) : Buffer.from(cleaned).toString('base64');
}

/** A file, or a document like the one that it is in. */
function cleanDecoded(text: string, walk: Walk): string {
  const content = parseObject(text);
  if (!content) return walk.hideText(text);
  const cleaned = cleanDocument(content, walk.depth + 1);
  return cleaned === content ? text : JSON.stringify(cleaned);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    return text.startsWith('{') ? parseJsonObject(text, 'content') : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a flag whose value is the next word, as in `["--password", "…"]`. */
function flagName(word: unknown): string {
  const [, name = ''] = (typeof word === 'string' && /^--?([A-Za-z][\w.-]{0,60})$/.exec(word)) || [];
  return name.replaceAll('-', '_');
}

/** The entries of `Env`, in a config and in what Docker calls the container's; and of `env`, in the steps of BuildKit. */
function isVariable(name: string, item: unknown): item is string {
  return (name === 'Env' || name === 'env') && typeof item === 'string' && item.includes('=');
}

function hideEntry(entry: string): string {
  const equals = entry.indexOf('=');
  return hideVariable(entry.slice(0, equals), entry.slice(equals + 1));
}

/** What stands in place of a whole setting, by the name and `=` that it begins with. */
type SecretVariables = ReadonlyMap<string, { readonly setting: string; readonly hidden: string }>;

/** Variables whose values are secrets, as the steps that set them write them: a value of several words ends nowhere. */
function secretVariables(content: unknown): SecretVariables {
  const holders = isObject(content) ? [content, ...Object.values(content).filter(isObject)] : [];
  const settings = holders
    .flatMap(({ Env }) => (Array.isArray(Env) ? Env : []))
    .filter((item) => isVariable('Env', item));
  const variables = new Map<string, { readonly setting: string; readonly hidden: string }>();
  for (const setting of settings) {
    const hidden = setting.length > MAX_SETTING ? setting : hideEntry(setting);
    if (hidden !== setting) variables.set(setting.slice(0, setting.indexOf('=') + 1), { setting, hidden });
  }
  return variables;
}

/** A variable's name where it is set; an odd one, which no shell sets, stands by itself. */
const VARIABLE = /(?<![\w.-])[\w.-]{1,128}=|(?<!\S)[^\s=]{1,128}=/g;

/** Looks each name up once: thousands of variables, over thousands of steps, cost no more than the length of both. */
function hideSettings(text: string, variables: SecretVariables): string {
  if (variables.size === 0) return text;
  let safe = '';
  let at = 0;
  for (const { 0: name, index } of text.matchAll(VARIABLE)) {
    const variable = variables.get(name);
    if (!variable || index < at || !text.startsWith(variable.setting, index)) continue;
    safe += text.slice(at, index) + variable.hidden;
    at = index + variable.setting.length;
  }
  return safe + text.slice(at);
}
