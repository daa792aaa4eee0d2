/** One authentication scheme that a 401 offers; parameter names are in lower case. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const WHITESPACE_AND_COMMAS = /[\s,]*/y;
/** The rest of a longer header is ignored: useful challenges are far shorter. */
const MAX_LENGTH = 8_192;

/**
 * Parses WWW-Authenticate. It may contain several challenges, with commas between challenges and between parameters,
 * quoted values with commas inside (a scope), and bare values. Parsing ends at what it cannot read; it never throws.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  return readChallenges(new Scanner(text.slice(0, MAX_LENGTH)));
}

function readChallenges(scanner: Scanner): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (;;) {
    scanner.take(WHITESPACE_AND_COMMAS);
    const name = scanner.take(TOKEN)?.toLowerCase();
    if (!name) return challenges;
    const value = scanner.takeValue();
    const current = challenges.at(-1);
    if (value === undefined) challenges.push({ scheme: name, parameters: Object.create(null) });
    else if (current) current.parameters[name] ??= value;
    else return challenges;
  }
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** The value after `=`; undefined if no `=` follows: then the name was a scheme. */
  takeValue(): string | undefined {
    if (this.take(/\s*=\s*/y) === undefined) return undefined;
    const quoted = this.take(/"(?:[^"\\]|\\.)*"?/y);
    if (quoted === undefined) return this.take(/[^\s,]*/y) ?? '';
    return quoted.replace(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1');
  }
}
