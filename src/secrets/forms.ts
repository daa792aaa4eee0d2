/**
 * The forms in which a text may reveal a secret: values in shells, password options of well-known programs, tokens with
 * well-known formats. redact.ts uses them.
 */

/**
 * Replaces a secret in stored content. It is detected as a secret itself, so that the stored copy is assessed like the
 * original, and has no character that would end a value in a shell or URL.
 */
export const HIDDEN = 'hidden-by-slimboard';

/** A shell word, including quotes and escapes. Quotes may stay open at the end of a truncated text. */
export const VALUE = `((?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|'[^']*(?:'|$)|[^\\s;&|"'\\\\]|\\\\.)+)`;

/** A way of passing a password to a program. `form` has two groups: the text before the value, and the value. */
export interface PasswordOption {
  readonly form: RegExp;
  /** Set if the value is `user:password`, not the password alone. */
  readonly withUser?: true;
  /** A word that occurs in every text that `form` matches. */
  readonly word: string;
  /** Matches every text that `form` matches, even with quotes escaped as in JSON, and few others. */
  readonly hint: RegExp;
}

function passwordOption(word: string, before: string, after = '', hint = before): PasswordOption {
  return { word, form: new RegExp(`(${before})${VALUE}${after}`, 'g'), hint: new RegExp(hint) };
}

/** Words of a single command, including lines that are continued with a backslash. */
const WORDS = '(?:\\\\\\r?\\n|[^;&|\\n]){0,400}?';

/** The start of a program's name: not inside a path, but after `./`, `/usr/bin/`, or `\n` in a printed script. */
const PROGRAM = '(?<![a-mo-qsu-zA-Z\\d_.-]|(?<!\\\\)[nrt]|(?<!bin|\\.)/)';

/** An option of a program, before any `;`, `&` or `|`. */
function optionOf(program: string, options: string, join = '[ =]', names = program): PasswordOption {
  return passwordOption(program, `${PROGRAM}${names}\\s${WORDS}(?<=\\s)${options}${join}`);
}

/** A value piped into a command: `echo VALUE | command`. */
function pipedInto(word: string, command: string): PasswordOption {
  const pipe = `\\s*\\|\\s*${command}`;
  return passwordOption(word, `\\b(?:echo|printf)\\s+(?:-\\w+\\s+|["']?%s\\S*\\s+)*`, `(?=${pipe})`, pipe);
}

/**
 * A literal of SQL after these words: `ALTER USER app WITH PASSWORD '…'`. It ends at its own quote, whatever the shell's.
 */
function sqlLiteral(word: string, before: string): PasswordOption {
  const start = `(?<![\\w-])${before} {1,4}`;
  return { word, form: new RegExp(`(${start})('[^'\\n]{1,200}')`, 'g'), hint: new RegExp(`${start}'`) };
}

/** A signature in an address: base64 or hex digits. Not the name of a file, as in `?sig=checksums.txt.asc`. */
function signature(word: string, before: string): PasswordOption {
  const digit = '[\\w%+/=~-]';
  return { word, form: new RegExp(`(${before})(${digit}{20,2000})(?!${digit}|\\.)`, 'g'), hint: new RegExp(before) };
}

const SPACE = '(?:\\s|\\\\n)+';

/**
 * The words before a secret in `npm config set _authToken …`, `aws configure set aws_secret_access_key …`, `setx …`.
 */
const SETTING_OF_A_SECRET =
  '(?:[^\\s;&|]{1,100}\\s+){0,4}?[^\\s;&|=]{0,100}(?:[Pp]assword|PASSWORD|[Tt]oken|TOKEN|[Ss]ecret|SECRET|access_key|_auth)';

/** Options whose names do not show that a password follows. @see the manual pages of the programs */
export const PASSWORD_OPTIONS: readonly PasswordOption[] = [
  { ...optionOf('curl', '(?:-u|--user|-U|--proxy-user)', '[ =]?'), withUser: true },
  { ...passwordOption('creds', '(?<=\\s)--(?:src-|dest-)?creds[ =]'), withUser: true },
  // Excludes find's -print, -path, -perm and -prune after folders of these names.
  ...['mysql', 'mariadb'].map((name) => optionOf(name, '-p(?!rint|ath|erm|rune)', '', `${name}\\w*`)),
  passwordOption('login', `(?<![\\w-])login\\s${WORDS}(?<=\\s)-p `),
  passwordOption('conan', `${PROGRAM}conan\\suser\\s${WORDS}(?<=\\s)(?:-p|--password)[ =]`),
  optionOf('sshpass', '-p', ' ?'),
  optionOf('redis-cli', '-a'),
  optionOf('mongo', '-p', ' ', 'mongo\\w*'),
  optionOf('zip', '-P', ' ?', '(?:un)?zip'),
  optionOf('7z', '-p', '', '7z\\w*'),
  optionOf('openssl', '-pass(?:in|out)?', ' ["\']?pass:'),
  { ...pipedInto('chpasswd', '(?:sudo\\s+)?\\S{0,20}chpasswd\\b'), withUser: true },
  ...['--password-stdin', '--with-token', '--stdin'].map((flag) => pipedInto(flag, `[^;&|\\n]{0,200}\\s${flag}`)),
  passwordOption('password', `\\blogin${SPACE}\\S{1,100}${SPACE}password${SPACE}`),
  ...['config', 'setx'].map((word) =>
    passwordOption(word, `(?<![\\w./-])${word}(?:ure)?\\s+${SETTING_OF_A_SECRET}\\s+(?![\\s-])`),
  ),
  optionOf('mysqladmin', 'password', ' '),
  // Other commands have properties (`nuget pack -p …`), or are of packages with these names (`pip wheel ldap3 -w /wheels`).
  optionOf('nuget', '-p', ' ', 'nuget\\s+(?:add|update)\\s+source'),
  optionOf('twine', '-p', ' ', 'twine\\s+upload'),
  optionOf('ldap', '-w', ' ?', 'ldap(?:add|compare|delete|exop|modify|modrdn|passwd|search|vc|whoami)'),
  {
    word: 'jdbc:oracle',
    form: /(jdbc:oracle:\w{1,10}:[^\s/@]{1,128}\/)([^\s"'\\@]{1,256})(?=@)/g,
    hint: /jdbc:oracle/,
  },
  // Whoever has a signed URL of Azure, Amazon S3 or Google Cloud Storage may read what it leads to.
  signature('sig=', '[?&]sig='),
  signature('Signature=', '[?&](?:X-\\w{1,10}-)?Signature='),
  ...['IDENTIFIED', 'identified'].map((word) => sqlLiteral(word, `${word}(?: (?:WITH|with) \\w{1,40})? (?:BY|by)`)),
  ...['PASSWORD', 'password'].map((word) =>
    // Without the statement, it would also be the type of an answer to debconf: `password 'unused'`.
    sqlLiteral(word, `(?:CREATE|ALTER|create|alter) (?:USER|ROLE|user|role) [^;\\n]{1,200}?(?<![\\w-])${word}`),
  ),
  {
    ...passwordOption(
      'bundle',
      'bundle config (?:(?:set|--\\w+) ){0,2}(?!(?:build|local)\\.)[\\w-]+\\.[\\w.-]+ (?!https?:)',
    ),
    withUser: true,
  },
  passwordOption('http-basic', '(?<=config (?:--?\\w[\\w-]* ){0,3})http-basic\\.\\S{1,100} \\S{1,100} '),
  passwordOption('attach', '(?<![\\w./-])(?:pro|ua) attach (?!-)'),
  passwordOption('htpasswd', '\\bhtpasswd\\s+-\\w*b\\w*\\s+\\S+\\s+\\S+\\s+'),
];

/** Matches every text that may hold a password option: one test instead of many. */
export const NAMES_PASSWORD_OPTION = new RegExp(PASSWORD_OPTIONS.map(({ word }) => word).join('|'));

/**
 * Tokens that are recognisable by their format.
 * @see the vendors' token formats; gitleaks' and GitHub's lists agree on these
 */
const SHAPES: readonly (readonly [start: string, rest: string])[] = [
  ['AKIA', '[0-9A-Z]{16}\\b'],
  ['ASIA', '[0-9A-Z]{16}\\b'],
  ['gh[pousr]_', '[A-Za-z0-9]{30,255}\\b'],
  ['github_pat_', '[A-Za-z0-9_]{20,255}\\b'],
  ['gl(?:pat|rt|dt|cbt|ptt)-', '[A-Za-z0-9_-]{20,64}'],
  ['xox[abeoprs]-', '[A-Za-z0-9-]{10,255}'],
  ['AKCp', '[A-Za-z0-9]{50,80}\\b'],
  ['conda\\.anaconda\\.org/t/', '[A-Za-z0-9-]{20,80}'],
  ['discord(?:app)?\\.com/api/webhooks/', '\\d{15,22}/[A-Za-z0-9_-]{40,100}'],
  ['hooks\\.slack\\.com/services/', '[A-Za-z0-9/]{20,100}'],
  ['npm_', '[A-Za-z0-9]{30,64}\\b'],
  ['dckr_[po]at_', '[A-Za-z0-9_-]{20,64}'],
  ['pypi-', '[A-Za-z0-9_-]{20,255}'],
  ['hf_', '[A-Za-z0-9]{30,64}\\b'],
  ['[rs]k_live_', '[A-Za-z0-9]{16,255}\\b'],
  ['sk-(?:ant|proj|svcacct)-', '[A-Za-z0-9_-]{20,255}'],
  ['sk-', '[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\\b'],
  ['AIza', '[0-9A-Za-z_-]{35}'],
  ['SG\\.', '[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,128}'],
  ['hv[sb]\\.', '[A-Za-z0-9_-]{20,255}'],
  ['dop_v1_', '[a-f0-9]{64}\\b'],
  ['AGE-SECRET-KEY-1', '[A-Z0-9]{58}\\b'],
  // A JSON Web Token; then, in base64, Docker's `{"auths"` and the first words of private keys.
  ['eyJ', '[A-Za-z0-9_-]{8,2000}\\.eyJ[A-Za-z0-9_-]{8,4000}\\.[A-Za-z0-9_-]{0,2000}'],
  ['eyJhdXRocyI', '[A-Za-z0-9+/_-]{8,}={0,2}'],
  ['LS0tLS1CRUdJTiB', '(?:QUklWQVRF|SU0Eg|FQyBQ|PUEVOU1NI|FTkNSWVBURUQ|EU0Eg|QR1AgUFJJ)[A-Za-z0-9+/_-]{8,}={0,2}'],
];
/** Matches each token in a text. */
export const TOKEN_SHAPES = tokenPattern(
  SHAPES.map(([start, rest]) => start + rest),
  'g',
);
/** Matches every text that {@link TOKEN_SHAPES} matches, and few others. */
export const HAS_TOKEN = tokenPattern(SHAPES.map(([start]) => start));

/** Matches the shapes at the start of a word, and {@link HIDDEN} anywhere, because it may follow an option's letter. */
function tokenPattern(shapes: readonly string[], flags = ''): RegExp {
  return new RegExp(`${HIDDEN}|\\b(?:${shapes.join('|')})`, flags);
}
