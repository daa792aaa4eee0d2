/** What stands in place of a secret. */
export const REDACTED = '***';
/**
 * What stands in place of a secret in content that is kept. It is told as a secret itself, so that the copy is judged as
 * the original was; and it holds no character that ends a value, in shells or in URLs.
 */
export const HIDDEN = 'hidden-by-slimboard';

/**
 * Names whose values are secrets. A bare `KEY` is not among them: `GPG_KEY` names public keys in every official image.
 */
const SECRET_NAME =
  /pass(?:word|wd|phrase)|(?:^|_)pass$|_pwd$|secret|token|credential|api[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|account[_.-]?key|auth[_.-]?key|(?:^|_)auth$|connection[_.-]?string|_dsn$/i;
/** Names that only sound so: they hold paths, policies or switches. */
const HARMLESS_NAME =
  /(?:_|^)(?:file|path|dir|url|uri|type|method|expiry|ttl|length|policy|enabled|disabled|name|id)$/i;

/** Whether a variable of this name usually holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}

// Most text has none of these, and needs no closer look.
const NAMES_SECRET =
  /pass|pwd|secret|token|credential|(?:api|access|private|encryption|signing|account|auth)[_.-]?key|[_-]auth|dsn|connection[_.-]?string/i;
const URL_CREDENTIALS_HINT = /:\/\/[^\s/"']*@|-----BEGIN/;
const HAS_HEADER = /authorization|bearer/i;
const HAS_TOKEN =
  /hidden-by-slimboard|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox|npm_|dckr_pat_|pypi-|hf_|[rs]k_live_|AIza|eyJ/;

/** Tokens that are told by their own shape. @see the vendors' token formats; gitleaks' and GitHub's lists agree on these */
const TOKEN_SHAPES = new RegExp(
  [
    HIDDEN,
    '\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b',
    '\\bgh[pousr]_[A-Za-z0-9]{30,255}\\b',
    '\\bgithub_pat_[A-Za-z0-9_]{20,255}\\b',
    '\\bglpat-[A-Za-z0-9_-]{20,64}',
    '\\bxox[abeoprs]-[A-Za-z0-9-]{10,255}',
    '\\bnpm_[A-Za-z0-9]{30,64}\\b',
    '\\bdckr_pat_[A-Za-z0-9_-]{20,64}',
    '\\bpypi-[A-Za-z0-9_-]{20,255}',
    '\\bhf_[A-Za-z0-9]{30,64}\\b',
    '\\b[rs]k_live_[A-Za-z0-9]{16,255}\\b',
    '\\bAIza[0-9A-Za-z_-]{35}',
    '\\beyJ[A-Za-z0-9_-]{8,2000}\\.eyJ[A-Za-z0-9_-]{8,4000}\\.[A-Za-z0-9_-]{0,2000}',
  ].join('|'),
  'g',
);
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g;
const URL_CREDENTIALS = /(:\/\/)(?:([^\s/:@"']{1,256}):)?([^\s/@"']{1,512})@/g;
const HEADER = /\b((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token)?\s{0,4})([^\s"']{4,})/gi;
const BEARER = /\b(bearer\s{1,4})([A-Za-z0-9._~+/=-]{12,})/gi;
const VALUE = `("[^"]*"|'[^']*'|[^\\s;&|"']+)`;
// Looked for at the start of a word only, so that a long word costs its length once.
const ASSIGNMENT = new RegExp(`(?<![\\w.-])([A-Za-z_][\\w.-]{0,127})(=|:=)${VALUE}`, 'g');
const JSON_FIELD = /"([A-Za-z_][\w.-]{0,127})"(\s{0,4}:\s{0,4})"([^"]+)"/g;
const FLAG = new RegExp(`(?<![\\w-])(--?[a-z][a-z-]{0,40})( {1,20}|=)${VALUE}`, 'gi');

/**
 * Replaces what looks like a secret: values of variables, flags and JSON fields with a secret's name, credentials in
 * URLs and headers, private keys, and tokens of well-known shapes. Everything from a history that is shown goes through
 * here. References to variables (`$TOKEN`) stay.
 */
export function redact(text: string): string {
  return replaceSecrets(text, () => REDACTED);
}

/** Says what stands in place of a value; `name` is that of its variable, flag or field, where it has one. */
export type SecretReplacer = (value: string, name?: string) => string;

/** As {@link redact}, with a replacement of the caller's choice. */
export function replaceSecrets(text: string, replace: SecretReplacer): string {
  let safe = text;
  if (safe.includes('-----BEGIN')) safe = safe.replace(PRIVATE_KEY, (value) => replace(value));
  if (safe.includes('://')) safe = safe.replace(URL_CREDENTIALS, (...match) => hideCredentials(match, replace));
  if (HAS_HEADER.test(safe)) {
    const hide = (_: string, before: string, value: string) => before + replace(value);
    safe = safe.replace(HEADER, hide).replace(BEARER, hide);
  }
  if (NAMES_SECRET.test(safe)) {
    const hide = (...match: string[]) => hideValue(match, replace);
    safe = safe
      .replace(ASSIGNMENT, hide)
      .replace(JSON_FIELD, (...match) => hideField(match, replace))
      .replace(FLAG, hide);
  }
  return HAS_TOKEN.test(safe) ? safe.replace(TOKEN_SHAPES, (value) => replace(value)) : safe;
}

/** Whether a text may hold a secret: most do not, and need no closer look. */
export function maySayASecret(text: string): boolean {
  return [NAMES_SECRET, HAS_HEADER, HAS_TOKEN, URL_CREDENTIALS_HINT].some((hint) => hint.test(text));
}

function hideCredentials(match: readonly string[], replace: SecretReplacer): string {
  const [, slashes = '', user, value = ''] = match;
  return user === undefined ? `${slashes}${replace(value)}@` : `${slashes}${user}:${replace(value)}@`;
}

function hideField(
  [whole = '', name = '', colon = '', value = '']: readonly string[],
  replace: SecretReplacer,
): string {
  return isSecretName(name) ? `"${name}"${colon}"${replace(value, name)}"` : whole;
}

function hideValue(
  [whole = '', name = '', separator = '', value = '']: readonly string[],
  replace: SecretReplacer,
): string {
  const plainName = name.replace(/^-+/, '').replaceAll('-', '_');
  if (!isSecretName(plainName)) return whole;
  const bare = value.replace(/^["']/, '');
  return bare === '' || bare.startsWith('$') || bare === REDACTED
    ? whole
    : `${name}${separator}${replace(value, plainName)}`;
}
