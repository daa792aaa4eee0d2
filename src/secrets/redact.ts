import { anyOf } from '../common/any-of.ts';
import { HAS_TOKEN, NAMES_PASSWORD_OPTION, PASSWORD_OPTIONS, TOKEN_SHAPES, VALUE } from './forms.ts';

/** What replaces a secret in shown text. */
export const REDACTED = '***';
/** Keys that are secret. Not a bare `KEY`: `GPG_KEY` in many official images names a public key. */
const SECRET_KEY =
  /(?:api|access|private|(?:en|de)cryption|signing|account|auth|master|fernet|license|hmac|jwt|unseal|deploy|service_role|subscription|azure_storage|d(?:d|atadog)_app)[_.-]{0,2}key/i;
/** Names whose values are secrets. `APP_KEY` alone is Laravel's, and `GH_PAT` a personal access token. */
const SECRET_NAME = anyOf([
  /pass(?:word|wd|phrase)|_pwd$/i,
  /(?:^|_|ssh|db|user|root|admin|mail|smtp|ldap|store|key)pass$/i,
  /secret|token(?!i[sz])|credential|(?:^|_)auth$/i,
  SECRET_KEY,
  /^app_key$|_salt$|(?:git(?:hub|lab)?|gh|gl|ado|devops|ext)_pat$/i,
  /docker_?(?:cfg|config_?json|auth_?config)|connection[_.-]?string|_dsn$/i,
]);
/**
 * Names that match by accident: their values are paths, policies, limits or switches, or describe where a secret is or
 * how it is sent; options that say there is none have no value, as in `adduser --disabled-password app`.
 * `REDIS_PASSWORD_CACHE` is the password of a cache, `SECRETS_CACHE` is none.
 */
const HARMLESS_NAME = anyOf([
  /^(?:disabled?|no|skip|without)_/i,
  /(?:[_.]|^)(?:enabled|disabled|required|dummy|mode|type|method|algorithm|header|stdin|helper)$/i,
  /(?:[_.]|^)(?:file|path|dir|url|uri|arn|ref|endpoint|region|store|provider|prefix|name|id|version)$/i,
  /(?:[_.]|^)(?:expir(?:y|es|ation)(?:_in)?|ttl|lifetime|duration|timeout|interval|validity)$/i,
  /(?:[_.]|^)(?:length|size|limit|rounds|policy|issuer|audience|permissions?|scopes?|attempts|retries)$/i,
  /(?:[_.]|^)(?:age|days|hours|minutes|seconds|public_?key)$/i,
  /(?:secrets|tokens?|credentials?)_(?:manager|backend|bucket|cache|vault)$/i,
]);
const CAMEL_CASE = /(?<=[a-z])(?=[A-Z])/g;

/** Whether a variable, flag or field with this name usually holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name.replace(CAMEL_CASE, '_'));
}

// Cheap tests that rule out most texts before the costly patterns run.
const NAMES_SECRET = anyOf([
  /pass|pwd|secret|token|credential|(?<![a-z])auth(?![a-z])|docker_?(?:cfg|config|auth)|dsn|connection[_.-]?string/i,
  SECRET_KEY,
  /app_key|_(?:salt|pat)(?![a-z])/i,
]);
const URL_CREDENTIALS_HINT = /:\/\/[^\s/"']*@|-----BEGIN/;
const HAS_HEADER = /authorization|bearer/i;
/** Password options whose words {@link NAMES_SECRET} does not match; it matches the texts with the others. */
const OTHER_OPTIONS = PASSWORD_OPTIONS.filter(({ word }) => !NAMES_SECRET.test(word));

// Stops only at the END line, not at the headers of an encrypted key (`Proc-Type: 4,ENCRYPTED`). A truncated key is
// matched to the end of the text.
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)/g;
const URL_CREDENTIALS = /:\/\/(?:([^\s/:@"'?#]{0,256}):)?([^\s/"'?#]{1,512})@/g;
/** The dummy password in a URL whose user is a token. @see docs.github.com, "HTTP basic authentication" */
const DUMMY_PASSWORD = 'x-oauth-basic';
/** An Authorization header as curl, YAML and JSON write it: what precedes the credential, and the credential. */
const HEADER =
  /\b((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:bearer|basic|token)\s{1,4})?)(?!(?:bearer|basic|token)\s)([^\s"']{3,})/gi;
const BEARER = /\b(bearer\s{1,4})([A-Za-z0-9._~+/=-]{12,})/gi;
/** `password=`, `db_token=`: never a package, whatever the value looks like. */
const PLAIN_SECRET = '(?:[\\w.-]{0,127}[_.-])?(?:password|passphrase|secret|token)=';
/** A package with a version: `libsecret-1-dev=0.20.5-3`, `tiktoken=0.5.2`. */
const PACKAGE = `(?!${PLAIN_SECRET})[a-z][a-z0-9+._-]{0,127}=v?\\d[\\d:]{0,20}\\.\\d[\\w.*+:~=-]*(?![^\\s"'&|;])`;
// Matches only at the start of a word, so that a long word is scanned once. `name==1.2.3` is a package, too.
const ASSIGNED_NAME = new RegExp(`(?<![\\w.-])(?!${PACKAGE})([A-Za-z_][\\w.-]{0,127})(?:=(?!=)|:=)`, 'g');
const JSON_FIELD = /(?<=(?<!\\)")([A-Za-z_][\w.-]{0,127})("\s{0,4}:\s{0,4}")((?:[^"\\]|\\.)+)/g;
/** A JSON field in a shell's quotes: `"{\"token\":\"…\"}"`. */
const ESCAPED_FIELD = /(?<=\\")([A-Za-z_][\w.-]{0,127})(\\"\s{0,4}:\s{0,4}\\")([^"\\]+)/g;
/** `-H "X-Api-Key: …"`, `echo 'password: …'`. */
const QUOTED_LINE = /(?<=["'])([A-Za-z][\w.-]{0,127})(: {0,4})([^\s"'][^"']{3,511})(?=["'])/g;
/** `--password …`, `--password=…`, `["--password", "…"]`. */
const FLAG_NAME = /(?<![\w-])(--?[a-z][\w.-]{0,60})(?:["'],? ?(?=["'](?!-))| {1,20}(?!--?[a-z])|=)/gi;
const VALUE_HERE = new RegExp(VALUE, 'y');
/** The Dockerfile form `ENV NAME value`. */
const SPACED_LINE = /(?<=^[ \t]{0,16}ENV[ \t]{1,16})([A-Za-z_][\w.-]{0,127})([ \t]{1,16})([^\s=][^\n]{0,511})/gm;
/** A value in a settings file that a step writes. Excludes code (`token = read()`) and sed patterns. */
const WRITTEN = `(?=\\S{4})(?!\\.\\*|[A-Za-z_][\\w.]{0,100}[([])("[^"]*"|'[^']*'|[^\\s"']+)`;
/** `name = value`, except in a comparison: `[ $name = value ]`. */
const SETTING = new RegExp(`(?<![\\w.$-])([A-Za-z_][\\w.-]{0,127})([ \\t]{1,4}=[ \\t]{1,4})${WRITTEN}`, 'g');
/** `name: value` at the start of a line or of a printed text. */
const FIELD = new RegExp(
  `(?<![\\w.-])(?<=(?:^|\\\\n)[ \\t]{0,20}|\\\\|\\b(?:echo|printf) {1,4}(?:-\\w{1,3} )?)([A-Za-z_][\\w.-]{0,127})(:[ \\t]{1,4})${WRITTEN}`,
  'gm',
);

/** Each has three groups: a name, the separator, and the value. */
const NAMED_FORMS: readonly RegExp[] = [JSON_FIELD, ESCAPED_FIELD, QUOTED_LINE, SPACED_LINE, SETTING, FIELD];

/** Lines that set variables without quotes: `|2 A=b c D=e /bin/sh -c …`, `ENV A=b c`. */
const UNQUOTED_LINE = /^(?:(?:RUN )?\|\d{1,3} |(?:\/bin\/sh -c #\(nop\) {1,4})?(?:ENV|ARG|LABEL) )/;
/** In such a line, a value ends at the next name, or at the shell that runs the step. */
const UNQUOTED_VALUE = new RegExp(
  `(?<=\\s)(?!${PACKAGE})([A-Za-z_][\\w.-]{0,127})(=)(?!=)([\\s\\S]*?)(?=\\s[A-Za-z_][\\w.-]{0,127}=|$)`,
  'g',
);
const SHELL = /\s(?=(?:\/\S{1,40}\/)?(?:ba|a|da|z)?sh -|cmd \/S|powershell |pwsh )/;

/**
 * Replaces likely secrets with `***`: values of variables, flags and JSON fields with a secret's name, credentials in
 * URLs and headers, private keys, and tokens of well-known formats. References to variables (`$TOKEN`) stay. All
 * history that slimboard shows goes through this function.
 */
export function redact(text: string): string {
  return replaceSecrets(text, () => REDACTED);
}

/** Returns the replacement for a secret value. `name` is that of its variable, flag or field, if it has one. */
export type SecretReplacer = (value: string, name?: string) => string;

/** Like {@link redact}, with a replacement chosen by the caller. */
export function replaceSecrets(text: string, replace: SecretReplacer): string {
  const hide = (...match: string[]): string => hideValue(match, replace);
  let safe = hideUnquoted(text, hide);
  if (safe.includes('-----BEGIN')) safe = safe.replace(PRIVATE_KEY, (value) => replace(value));
  if (safe.includes('://')) safe = hideUrlCredentials(safe, replace);
  if (HAS_HEADER.test(safe)) {
    const hideHeader = (_: string, before: string, value: string): string => before + hideUnless(value, replace);
    safe = safe.replace(HEADER, hideHeader).replace(BEARER, hideHeader);
  }
  if (NAMES_SECRET.test(safe)) {
    safe = hideNamedValues(ASSIGNED_NAME, safe, replace);
    for (const form of NAMED_FORMS) safe = safe.replace(form, hide);
    safe = hideNamedValues(FLAG_NAME, safe, replace);
  }
  safe = hidePasswordOptions(safe, replace);
  return HAS_TOKEN.test(safe) ? safe.replace(TOKEN_SHAPES, (value) => replace(value)) : safe;
}

function hideUnquoted(text: string, hide: (...match: string[]) => string): string {
  if (!UNQUOTED_LINE.test(text) || !NAMES_SECRET.test(text)) return text;
  const end = /^(?:RUN )?\|/.test(text) ? (SHELL.exec(text)?.index ?? text.length) : text.length;
  return text.slice(0, end).replace(UNQUOTED_VALUE, hide) + text.slice(end);
}

function hidePasswordOptions(text: string, replace: SecretReplacer): string {
  if (!NAMES_PASSWORD_OPTION.test(text)) return text;
  const hide = (value: string): string => hideUnless(value, replace);
  let safe = text;
  for (const { word, form, withUser } of PASSWORD_OPTIONS) {
    if (!safe.includes(word)) continue;
    safe = safe.replace(
      form,
      (_, before: string, value: string) => before + (withUser ? hidePair(value, hide) : hide(value)),
    );
  }
  return safe;
}

/** Hides the password in `user:password`, quoted or not. */
function hidePair(pair: string, hide: (value: string) => string): string {
  return pair.replace(
    /^([^:]*:)(.*?)(["']?)$/s,
    (_, user: string, value: string, quote: string) => user + hide(value) + quote,
  );
}

const SWITCH = /^["']?(?:true|false|yes|no|on|off|none|null|enabled?|disabled?)["']?$/i;
const BIT = /^["']?[01]["']?$/;
/** Names of switches, including `cmake -DENABLE_AUTH=1` and those of the images of MySQL and MariaDB. */
const NAMES_SWITCH = /^D?(?:enable|disable|require|use)_|^auth$|_(?:allow_empty|random|onetime)(?:_root)?_password$/i;

/** Whether a variable only switches something on or off, and so holds no secret: `AUTH=on`, `REQUIRE_PASSWORD=0`. */
export function isSwitch(name: string, value: string): boolean {
  return SWITCH.test(value) || (BIT.test(value) && NAMES_SWITCH.test(name));
}

/**
 * The replacement for a value; the value itself if it is empty, a switch, a variable reference, or already replaced.
 */
function hideUnless(value: string, replace: SecretReplacer, name?: string): string {
  if (name !== undefined && isSwitch(name, value)) return value;
  const bare = value.replace(/^["']/, '');
  return bare === '' || bare.startsWith('$') || bare === REDACTED ? value : replace(value, name);
}

/** Whether a JSON text may hold a secret: a cheap test, false for most texts. */
export function mayHoldSecret(json: string): boolean {
  const text = withoutEscapes(json);
  return (
    [NAMES_SECRET, HAS_HEADER, HAS_TOKEN, URL_CREDENTIALS_HINT].some((hint) => hint.test(text)) ||
    OTHER_OPTIONS.some(({ word, hint }) => text.includes(word) && hint.test(text))
  );
}

/**
 * Decodes JSON escapes such as `\tcurl` or `\u0026token`, which hide where a word starts. Keeps escaped quotes and
 * backslashes, which the hints handle.
 */
function withoutEscapes(json: string): string {
  return json.replace(/\\(?:[\\/bfnrt]|u00[\da-fA-F]{2})/g, (escaped) => {
    if (escaped.length > 2) return String.fromCharCode(Number.parseInt(escaped.slice(2), 16));
    return escaped === '\\\\' ? escaped : escaped === '\\/' ? '/' : ' ';
  });
}

function hideUrlCredentials(text: string, replace: SecretReplacer): string {
  return text.replace(URL_CREDENTIALS, (whole, user: string | undefined, value: string, offset: number) => {
    if (user !== undefined && value === DUMMY_PASSWORD) return `://${hideUnless(user, replace)}:${value}@`;
    if (user !== undefined) return `://${user}:${hideUnless(value, replace)}@`;
    // A user alone (`ssh://git@…`, `postgres://app@…`) is no secret, except on the web, where it is usually a token.
    const isWeb = /https?$/i.test(text.slice(Math.max(0, offset - 5), offset));
    return isWeb && value !== 'git' ? `://${hideUnless(value, replace)}@` : whole;
  });
}

/**
 * In characters. A variable reference up to this length is searched for further secrets. Longer values are skipped, so
 * that one value is not scanned again for every name in it.
 */
const MAX_REFERENCE_LENGTH = 256;

/**
 * Hides the values after names of secrets. The values of other names are searched as well: `URL="db?password=…"`.
 * @param names matches a name, in its first group, with all that precedes its value
 */
function hideNamedValues(names: RegExp, text: string, replace: SecretReplacer): string {
  let safe = '';
  let end = 0;
  let quoteEnd = 0;
  for (const match of text.matchAll(names)) {
    const [head, name = ''] = match;
    const start = match.index + head.length;
    if (match.index < end) continue;
    if (!isSecretName(variableName(name))) {
      if (start >= quoteEnd) quoteEnd = endOfQuotes(text, start);
      continue;
    }
    VALUE_HERE.lastIndex = start;
    const [value = ''] = VALUE_HERE.exec(start < quoteEnd ? text.slice(0, quoteEnd) : text) ?? [];
    const hidden = hideUnless(value, replace, variableName(name));
    if (hidden === value && value.length <= MAX_REFERENCE_LENGTH) continue;
    safe += text.slice(end, start) + hidden;
    end = start + value.length;
  }
  return safe + text.slice(end);
}

/** The index where quotes that open at `start` close; `start` itself if none open there. */
function endOfQuotes(text: string, start: number): number {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return start;
  const close = text.indexOf(quote, start + 1);
  return close < 0 ? text.length : close;
}

/** A flag's name in the form of a variable's: `--db-password` gives `db_password`. */
export function variableName(name: string): string {
  return name.replace(/^-+/, '').replaceAll('-', '_');
}

function hideValue(
  [whole = '', name = '', separator = '', value = '']: readonly string[],
  replace: SecretReplacer,
): string {
  const plainName = variableName(name);
  return isSecretName(plainName) ? `${name}${separator}${hideUnless(value, replace, plainName)}` : whole;
}
