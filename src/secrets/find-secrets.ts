import { anyOf } from '../common/any-of.ts';
import { HAS_TOKEN, HIDDEN } from './forms.ts';
import { isSecretName, isSwitch, REDACTED, redact, replaceSecrets, variableName } from './redact.ts';

/** Keys of Rails and Django that builds demand. `SECRET_KEY_BASE=1 rails assets:precompile` is too short for a key. */
const BUILD_KEY = /^(?:django_)?secret_key(?:_base)?$/i;
const SHORTEST_KEY = 4;
/**
 * Values that refer to a secret given elsewhere: an empty value or a mask, a variable or a template, the id of a build
 * secret. Also `changeit`, the well-known password of Java's trust store.
 */
const GIVEN_ELSEWHERE = anyOf(
  [/|\{\}|\*+|x+|redacted|\.{3}|…/i, /\$.*|<.*|\{\{.*/i, /(?:id|type|env|src)=.*/i, /changeit/i],
  '^',
  '$',
);
/** The address of a secret in AWS, Google Cloud, Vault, 1Password or the cloud that runs the container. */
const IN_STORE = /^(?:arn:aws|projects\/[^/]{1,100}\/secrets\/|vault:[\w.-]{0,100}\/|(?:op|ssm|sm):\/|secretref:)/;
/** Variables whose values bundlers write into the pages that they build. */
export const OF_PAGES = /^(?:(?:(?:NEXT|NUXT|EXPO)_)?PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY|NG_APP|STORYBOOK)_\w+$/;
/** Keys that well-known services give out for pages. */
const KEY_FOR_PAGES = /(?:^|_)(?:PUBLIC_API|ANON|ALGOLIA_SEARCH(?:_ONLY)?_API|FIREBASE_API)_KEY$/;
/** Those that were never meant to be there: of administrators, or of services that bill whoever owns the key. */
const NEVER_PUBLIC = anyOf([
  /SECRET|PRIVATE|ADMIN|SERVICE_ROLE|ENCRYPTION|SIGNING|(?:^|_)AWS_|SENDGRID|MAILGUN|RESEND|TWILIO/,
  /OPENAI|ANTHROPIC|CLAUDE|GEMINI|GROQ|MISTRAL|COHERE|DEEPSEEK|OPENROUTER|REPLICATE|ELEVENLABS/,
]);
/** The start of Google's keys, and of Supabase's for anonymous users. Keys of other known forms are never public. */
const PUBLIC_FORM = /^(?:AIza|eyJ)/;
/** Keys for pages that show it themselves: of Stripe and Clerk, Mapbox, Supabase, PostHog. */
const PUBLISHABLE = /^(?:pk_(?:live|test)_|pk\.|sb_publishable_|phc_)[\w.-]+$/;
/** Addresses of databases and services, which need not contain a password: Sentry's have a public key as the user. */
const ADDRESS = /(?:dsn|connection[_.-]?strings?\w{0,60})$/i;
/** `user:password@` and Oracle's `user/password@`, Symfony's `sendgrid://key@default`, `Password=…`. */
const HAS_PASSWORD = anyOf([
  /@(?<=(?::|\w\/)[^\s/@]{1,256}@)/i,
  /@default\b/i,
  /(?:pass(?:word|wd)?|pwd|key|secret|token|signature|sig)=/i,
]);
/**
 * Placeholders for a secret that a build demands but does not use: `SECRET_KEY_BASE=dummy rails assets:precompile`,
 * `precompile_placeholder`, as Mastodon has it.
 */
const STAND_IN = anyOf(
  [
    /dummy|placeholder|fake|unused/i,
    /not[-_]?(?:a[-_]?)?(?:real|secret|used|needed)/i,
    /(?:for[-_]?)?build[-_]?(?:only|time)/i,
  ],
  '^(?:[a-z]{1,20}[-_])?',
  '(?:[-_ ][\\w -]*)?$',
);
const FOR_BUILD = /^(?:for[-_]?)?build$/i;
/** The name of a key by which others sign, and the fingerprint of a public one, as in `SWIFT_SIGNING_KEY` of Swift's images. */
const SIGNING_KEY = /signing[_.-]?key$/i;
const FINGERPRINT = /^(?:0x)?[0-9A-F]{40}$/;
/** The path of a file with the secret. Only in the usual folders, since 1 in 64 base64 texts begins with a slash. */
const PATH = /^\/(?:run|etc|var|opt|srv|usr|home|root|mnt|tmp|app|config|secrets?|vault|keys?|certs?)\//;
/** `MAX_TOKENS=8k` is a limit, so a small number is no secret if the name says `token`; `DB_PASSWORD=1234` is one. */
const COUNT = /^\d{1,6}[dhkms]?$/i;
const COUNTABLE = /token/i;

/** Whether a variable holds a secret, by its name or by the form of its value; placeholders are no secrets. */
export function isSecret(name: string, value: string): boolean {
  return !isPlaceholder(name, value) && (isSecretName(name) || secretsIn(value).length > 0);
}

/** Whether a build argument holds a secret, by its name: keys that are meant for pages are none. */
export function isSecretArgument(name: string): boolean {
  return isSecretName(name) && !isPublicKey(name);
}

function isPublicKey(name: string): boolean {
  const isForPages = KEY_FOR_PAGES.test(name) || (OF_PAGES.test(name) && name.endsWith('KEY'));
  return isForPages && !NEVER_PUBLIC.test(name);
}

/** Values that are no secret, whatever the name of the variable. */
const PLACEHOLDERS = [GIVEN_ELSEWHERE, STAND_IN, FOR_BUILD, PATH, IN_STORE, PUBLISHABLE];

function isPlaceholder(name: string, value: string): boolean {
  const bare = value.replace(/^["']|["']$/g, '');
  return PLACEHOLDERS.some((known) => known.test(bare)) || isHarmlessIn(name, bare);
}

/** Whether a value is no secret in a variable of that name. */
function isHarmlessIn(name: string, value: string): boolean {
  return (
    isSwitch(name, value) ||
    (BUILD_KEY.test(name) && value.length < SHORTEST_KEY) ||
    (SIGNING_KEY.test(name) && FINGERPRINT.test(value)) ||
    (isPublicKey(name) && (PUBLIC_FORM.test(value) || !HAS_TOKEN.test(value))) ||
    (ADDRESS.test(name) && !HAS_PASSWORD.test(value) && !HAS_TOKEN.test(value)) ||
    (COUNTABLE.test(name) && COUNT.test(value))
  );
}

/** Returns the text with its secrets replaced by {@link HIDDEN}; placeholders and references to secrets stay. */
export function hideSecrets(text: string): string {
  return replaceSecrets(text, (value, name = '') => (isPlaceholder(name, value) ? value : HIDDEN));
}

/** Returns `NAME=value`, with the secrets of the value replaced by {@link HIDDEN}. */
export function hideVariable(name: string, value: string): string {
  const hidden = isSecretName(name) && isSecret(name, value) ? HIDDEN : hideSecrets(value);
  return `${name}=${hidden}`;
}

const NAME = '([A-Za-z_][\\w.-]{0,127})';
/** The name before a value: `--flag value`, `--flag=value`, `NAME=value`, `NAME: value`; `\n` may be before it. */
const BEFORE_VALUE = new RegExp(`(?:\\\\[nrt])?(?:-{1,2}${NAME}[ =]+|${NAME}(?:\\s{0,4}:?=\\s{0,4}|:\\s{0,4}))["']?$`);
/** A URL up to its password. The user before it is not the password's name. */
const URL_USER = /:\/\/[^\s/]*:$/;
/** The most characters that a name and the separator after it have. */
const MAX_NAME_LENGTH = 140;
/** The most characters before a value that are searched for a URL's user. */
const MAX_URL_LENGTH = 300;

/** Returns the distinct names of the secrets in a text, `credential` for those without a name; never a value. */
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
  if (URL_USER.test(before.slice(-MAX_URL_LENGTH))) return 'credential';
  const [, flag, name] = BEFORE_VALUE.exec(before.slice(-MAX_NAME_LENGTH)) ?? [];
  return flag ?? name ?? 'credential';
}

/** Returns the values that redaction removed from a text, each with the text before it. */
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

/** Whether a command's words hold a secret, by their form or as the value of a flag or variable for secrets. */
export function commandHoldsSecret(words: readonly string[]): boolean {
  const text = words.join(' ');
  const namesSecret = (word: string) => /^-|=/.test(word) && isSecretName(variableName(word.replace(/=.*$/s, '')));
  return redact(text) !== text || words.some(namesSecret);
}
