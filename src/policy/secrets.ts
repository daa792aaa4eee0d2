import { isSecretName, isSwitch, REDACTED, redact, replaceSecrets } from '../classify/redact.ts';
import { HIDDEN } from '../classify/secret-forms.ts';

/**
 * Values that stand for a secret that is given elsewhere: nothing, a variable, a template, a mask, a build's
 * secret by its id; and the password of Java's own trust store, which everybody knows.
 */
const NO_SECRET_VALUE = /^(?:|\$.*|<.*|\{\{.*|\*+|x+|redacted|\.{3}|…|changeit|(?:id|type|env|src)=.*)$/i;
/** What builds are given in place of a secret that they ask for and do not use: `SECRET_KEY_BASE=dummy rails assets:precompile`. */
const STAND_IN =
  /^(?:dummy|placeholder|fake|unused|not[-_]?(?:a[-_]?)?(?:real|secret|used|needed)|(?:for[-_]?)?build[-_]?(?:only|time))(?:[-_ ][\w -]*)?$/i;
/** A file that holds it. Only the usual folders: one base64 text in 64 begins with a slash. */
const PATH = /^\/(?:run|etc|var|opt|srv|usr|home|root|mnt|tmp|app|config|secrets?|vault|keys?|certs?)\//;
/** `MAX_TOKENS=4096` is a limit; `DB_PASSWORD=1234` is a password. */
const COUNT = /^\d{1,6}$/;
const COUNTABLE = /token/i;

/** Whether a variable holds a secret: by its name with a real value, or by its value's form. */
export function isSecret(name: string, value: string): boolean {
  return !isPlaceholder(name, value) && (isSecretName(name) || redact(value) !== value);
}

function isPlaceholder(name: string, value: string): boolean {
  const bare = value.replace(/^["']|["']$/g, '');
  return (
    isSwitch(name, bare) ||
    NO_SECRET_VALUE.test(bare) ||
    STAND_IN.test(bare) ||
    PATH.test(bare) ||
    (COUNT.test(bare) && COUNTABLE.test(name))
  );
}

/** The text with marks in place of its secrets; values that stand for a secret given elsewhere stay. */
export function hideSecrets(text: string): string {
  return replaceSecrets(text, (value, name = '') => (isPlaceholder(name, value) ? value : HIDDEN));
}

/** The variable, with a mark in place of its value when that is a secret. */
export function hideVariable(name: string, value: string): string {
  const hidden = isSecretName(name) && isSecret(name, value) ? HIDDEN : hideSecrets(value);
  return `${name}=${hidden}`;
}

const NAME = '([A-Za-z_][\\w.-]{0,127})';
/** What stands before a value: `--flag value`, `--flag=value`, `NAME=value`, `NAME: value`; `\n` in what is printed. */
const BEFORE_VALUE = new RegExp(`(?:\\\\[nrt])?(?:-{1,2}${NAME}[ =]+|${NAME}(?:\\s{0,4}:?=\\s{0,4}|:\\s{0,4}))["']?$`);
/** There the user of a URL stands, who is no name of its password. */
const URL_USER = /:\/\/[^\s/]*:$/;
/** A name with what joins it to its value is no longer. */
const NAME_LENGTH = 140;
/** As long as users of URLs are looked at. */
const URL_LENGTH = 300;

/** What a text gives away: names whose values are secrets, or `credential` where only the form tells. Never a value. */
export function secretsIn(text: string): readonly string[] {
  const safe = redact(text);
  if (safe === text) return [];
  const names = hiddenValues(text, safe).flatMap(({ before, value }) => {
    const name = nameIn(before);
    return isPlaceholder(name, value) ? [] : [name];
  });
  return [...new Set(names)];
}

function nameIn(before: string): string {
  if (URL_USER.test(before.slice(-URL_LENGTH))) return 'credential';
  const [, flag, name] = BEFORE_VALUE.exec(before.slice(-NAME_LENGTH)) ?? [];
  return flag ?? name ?? 'credential';
}

/** The values that redaction took out of a text, with what stands before each. */
function hiddenValues(text: string, safe: string): { before: string; value: string }[] {
  const [first = '', ...rest] = safe.split(REDACTED);
  let before = first;
  let at = first.length;
  return rest.map((piece) => {
    const found = piece === '' ? text.length : text.indexOf(piece, at);
    const end = found < 0 ? text.length : found;
    const hidden = { before, value: text.slice(at, end) };
    before = piece;
    at = end + piece.length;
    return hidden;
  });
}

/** Whether a command's words hold a secret: in a flag or assignment of a secret's name, or by their form. */
export function commandHoldsSecret(words: readonly string[]): boolean {
  const text = words.join(' ');
  return redact(text) !== text || words.some((word) => /^-|=/.test(word) && isSecretName(nameOf(word)));
}

function nameOf(word: string): string {
  return word.replace(/^-+/, '').split('=', 1).join('').replaceAll('-', '_');
}
