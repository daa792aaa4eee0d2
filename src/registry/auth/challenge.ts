/** One authentication scheme that a 401 offers; parameter names are in lower case. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A token, with its value if `=` follows: quoted, or bare. */
const PART = /[\s,]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,]*)))?/gy;
/** The rest of a longer header is ignored: useful challenges are far shorter. */
const MAX_LENGTH = 8_192;

/**
 * Parses WWW-Authenticate. It may contain several challenges, with commas between challenges and between parameters,
 * quoted values with commas inside (a scope), and bare values. Parsing ends at what it cannot read; it never throws.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [, token = '', quoted, bare] of text.slice(0, MAX_LENGTH).matchAll(PART)) {
    const name = token.toLowerCase();
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
    const current = challenges.at(-1);
    // A token without a value is a scheme.
    if (value === undefined) challenges.push({ scheme: name, parameters: Object.create(null) });
    else if (current) current.parameters[name] ??= value;
    else break;
  }
  return challenges;
}
