const REMOVED = '[redacted]';
/** Query keys of registry requests; the value of any other key may be a signature. */
const PUBLIC_QUERY_KEYS = new Set(['n', 'last', 'service', 'scope', 'artifactType', 'digest', 'from', 'mount', 'page']);

/** Matches a URL up to the `@` before its host; `$1` is the scheme. */
const USER_INFO = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"'\\]{1,2000}@/gi;
/** Matches the value of an Authorization header; `$1` is its scheme. */
const AUTHORIZATION = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
/** Matches a parameter of a query: the mark before it, its key, and its value. */
const QUERY_PARAMETER = /([?&])([\w.-]{1,100})=([^\s&"'\\<>]*)/g;
/** Matches a member of a JSON object whose key names a secret; `$1` is all of it but the value. */
const SECRET_MEMBER =
  /("[\w.-]{0,40}(?:passw(?:or)?d|secret|token|authorization|cookie|credential)[\w.-]{0,40}":\s*)"(?:[^"\\]|\\.)*"/gi;

/** Replaces credentials in a text: in URLs, in Authorization headers, and in JSON members with a secret's name. */
export function withoutCredentials(text: string): string {
  return text
    .replace(USER_INFO, `$1${REMOVED}@`)
    .replace(AUTHORIZATION, `$1 ${REMOVED}`)
    .replace(QUERY_PARAMETER, (whole, mark: string, key: string) =>
      PUBLIC_QUERY_KEYS.has(key) ? whole : `${mark}${key}=${REMOVED}`,
    )
    .replace(SECRET_MEMBER, `$1"${REMOVED}"`);
}

/** A command line that other users may see. A password in a URL may hold any character, and stand in its query, too. */
export function publicCommandLine(words: readonly string[]): string {
  return withoutCredentials(words.map(publicWord).join(' '));
}

function publicWord(word: string): string {
  return (
    word
      // An `@` in a query: the address before it cannot be told from a password.
      .replace(/:\/\/.*\?[\w.-]+=.*@.*/s, `://${REMOVED}`)
      .replace(/:\/\/.*@/s, `://${REMOVED}@`)
      .replace(/(:\/\/[^?]*\?).*/s, `$1${REMOVED}`)
  );
}
