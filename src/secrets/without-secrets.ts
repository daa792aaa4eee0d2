import { findJsonObject, isObject, parseJsonObject } from '../oci/json.ts';
import { hideSecrets, hideVariable, isSecret } from './find-secrets.ts';
import { isSecretName, mayHoldSecret, variableName } from './redact.ts';

/** Values nested more deeply are dropped: nothing reads them, and the recursion needs a limit. */
const MAX_DEPTH = 64;
/**
 * The longest setting that is looked for in other texts. Comparing longer ones with every step that names them would
 * take too long, so there they are recognised by their form only.
 */
const MAX_SETTING = 4_096;
/**
 * Base64 fields: the Dockerfile of a build, content embedded in a descriptor, the statement of a DSSE envelope, the build
 * that BuildKit 0.9 to 0.11 described in the config.
 */
const ENCODED = new Set(['data', 'payload', 'moby.buildkit.buildinfo.v1']);
const HOLDS_ENCODED = /"(?:data|payload|moby\.buildkit\.buildinfo\.v1)"/;

/**
 * Prepares a manifest, config or statement for storage, or to be shown: secrets in its environment, history, labels and
 * build arguments are replaced by a placeholder, which the rules still recognise as a secret. Content without secrets is
 * returned unchanged, byte by byte.
 * @param body UTF-8 JSON
 * @param what names the content in error messages
 * @throws MalformedContentError when content that may hold secrets is not a JSON object
 */
export function withoutSecrets(body: Uint8Array, what = 'content'): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (!HOLDS_ENCODED.test(text) && !mayHoldSecret(text)) return body;
  const content = parseJsonObject(text, what);
  const cleaned = cleanDocument(content, 0);
  return cleaned === content ? body : Buffer.from(JSON.stringify(cleaned));
}

/** The state of a recursive walk through a document. */
interface Walk {
  readonly depth: number;
  /** Replaces the secrets of a text. */
  readonly hideText: (text: string) => string;
}

function cleanDocument(content: unknown, depth: number): unknown {
  const variables = secretVariables(content);
  return clean(content, { depth, hideText: (text) => hideSecrets(hideSettings(text, variables)) });
}

/** Returns the value without secrets; the very same value if it holds none. */
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

/** Cleans decoded base64: a JSON document like the one around it, or plain text such as a Dockerfile. */
function cleanDecoded(text: string, walk: Walk): string {
  const content = findJsonObject(text);
  if (!content) return walk.hideText(text);
  const cleaned = cleanDocument(content, walk.depth + 1);
  return cleaned === content ? text : JSON.stringify(cleaned);
}

/** Returns the name of a flag whose value is the next word, as in `["--password", "…"]`; empty for any other word. */
function flagName(word: unknown): string {
  const [, name = ''] = (typeof word === 'string' && /^--?([A-Za-z][\w.-]{0,60})$/.exec(word)) || [];
  return variableName(name);
}

/** Whether an item is a variable: of `Env` in a config or Docker's container config, or of BuildKit's `env`. */
function isVariable(name: string, item: unknown): item is string {
  return (name === 'Env' || name === 'env') && typeof item === 'string' && item.includes('=');
}

function hideEntry(entry: string): string {
  const equals = entry.indexOf('=');
  return hideVariable(entry.slice(0, equals), entry.slice(equals + 1));
}

/** Settings (`NAME=value`) that hold secrets, and their replacements, by the name and `=` that they begin with. */
type SecretVariables = ReadonlyMap<string, { readonly setting: string; readonly hidden: string }>;

/**
 * Returns the variables of a document whose values are secrets. History steps repeat them, without quotes: where a value
 * of several words ends is found by comparing the step with the value.
 */
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

/** A variable's name and `=`. A name that no shell could set must follow white space. */
const VARIABLE = /(?<![\w.-])[\w.-]{1,128}=|(?<!\S)[^\s=]{1,128}=/g;

/**
 * Replaces settings that hold secrets. Each name in the text is looked up once, so that thousands of variables and
 * steps cost time linear in the length of both.
 */
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
