/**
 * Forms by which a text gives a secret away: values in shells, options of well-known programs, tokens of well-known
 * shapes. What is done about them stands in redact.ts.
 */

/**
 * What stands in place of a secret in content that is kept. It is told as a secret itself, so that the copy is judged as
 * the original was; and it holds no character that ends a value, in shells or in URLs.
 */
export const HIDDEN = 'hidden-by-slimboard';

/** A word as shells read it, quotes and escapes included; a text that was cut may end within quotes. */
export const VALUE = `((?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|'[^']*(?:'|$)|[^\\s;&|"'\\\\]|\\\\.)+)`;

/** A way to give a program a password: what stands before the value, and the value. */
export interface PasswordOption {
  readonly form: RegExp;
  /** `user:password` is given, not the password alone. */
  readonly withUser?: true;
  /** In every text that holds the form. */
  readonly word: string;
  /** True for every text that holds the form, also where quotes are escaped as in JSON; and for few others. */
  readonly hint: RegExp;
}

function passwordOption(word: string, before: string, after = '', hint = before): PasswordOption {
  return { word, form: new RegExp(`(${before})${VALUE}${after}`, 'g'), hint: new RegExp(hint) };
}

/** Words of one command, over lines that end in a backslash, too. */
const WORDS = '(?:\\\\\\r?\\n|[^;&|\\n]){0,400}?';

/** Where a program's name begins: not within a path, but behind `./`, `/usr/bin/`, or `\n` in a script that is printed. */
const PROGRAM = '(?<![a-mo-qsu-zA-Z\\d_.-]|(?<!\\\\)[nrt]|(?<!bin|\\.)/)';

/** An option of a command that stands before any `;`, `&` or `|`. */
function optionOf(program: string, options: string, join = '[ =]', names = program): PasswordOption {
  return passwordOption(program, `${PROGRAM}${names}\\s${WORDS}(?<=\\s)${options}${join}`);
}

/** What a command is fed: `echo VALUE | command`. */
function fedTo(word: string, command: string): PasswordOption {
  const pipe = `\\s*\\|\\s*${command}`;
  return passwordOption(word, `\\b(?:echo|printf)\\s+(?:-\\w+\\s+|["']?%s\\S*\\s+)*`, `(?=${pipe})`, pipe);
}

const SPACE = '(?:\\s|\\\\n)+';

/** `npm config set _authToken …`, `aws configure set aws_secret_access_key …`, `setx TOKEN …`. */
const SETTING_OF_A_SECRET =
  '(?:[^\\s;&|]{1,100}\\s+){0,4}?[^\\s;&|=]{0,100}(?:[Pp]assword|PASSWORD|[Tt]oken|TOKEN|[Ss]ecret|SECRET|access_key|_auth)';

/** Options whose names do not tell that a password follows. @see the manual pages of the programs */
export const PASSWORD_OPTIONS: readonly PasswordOption[] = [
  { ...optionOf('curl', '(?:-u|--user|-U|--proxy-user)', '[ =]?'), withUser: true },
  { ...passwordOption('creds', '(?<=\\s)--(?:src-|dest-)?creds[ =]'), withUser: true },
  // find's own -print, -path, -perm and -prune follow folders of that name.
  ...['mysql', 'mariadb'].map((name) => optionOf(name, '-p(?!rint|ath|erm|rune)', '', `${name}\\w*`)),
  passwordOption('login', `(?<![\\w-])login\\s${WORDS}(?<=\\s)-p `),
  optionOf('sshpass', '-p', ' ?'),
  optionOf('redis-cli', '-a'),
  optionOf('mongo', '-p', ' ', 'mongo\\w*'),
  optionOf('zip', '-P', ' ?', '(?:un)?zip'),
  optionOf('7z', '-p', '', '7z\\w*'),
  optionOf('openssl', '-pass(?:in|out)?', ' ["\']?pass:'),
  { ...fedTo('chpasswd', '(?:sudo\\s+)?\\S{0,20}chpasswd\\b'), withUser: true },
  ...['--password-stdin', '--with-token', '--stdin'].map((flag) => fedTo(flag, `[^;&|\\n]{0,200}\\s${flag}`)),
  passwordOption('password', `\\blogin${SPACE}\\S{1,100}${SPACE}password${SPACE}`),
  ...['config', 'setx'].map((word) =>
    passwordOption(word, `(?<![\\w./-])${word}(?:ure)?\\s+${SETTING_OF_A_SECRET}\\s+(?![\\s-])`),
  ),
  passwordOption('htpasswd', '\\bhtpasswd\\s+-\\w*b\\w*\\s+\\S+\\s+\\S+\\s+'),
];

/** True for every text that may hold one of them: one look instead of many. */
export const NAMES_PASSWORD_OPTION = new RegExp(PASSWORD_OPTIONS.map(({ word }) => word).join('|'));

/** Tokens that are told by their own shape. @see the vendors' token formats; gitleaks' and GitHub's lists agree on these */
const SHAPES: readonly (readonly [start: string, rest: string])[] = [
  ['AKIA', '[0-9A-Z]{16}\\b'],
  ['ASIA', '[0-9A-Z]{16}\\b'],
  ['gh[pousr]_', '[A-Za-z0-9]{30,255}\\b'],
  ['github_pat_', '[A-Za-z0-9_]{20,255}\\b'],
  ['gl(?:pat|rt|dt|cbt|ptt)-', '[A-Za-z0-9_-]{20,64}'],
  ['xox[abeoprs]-', '[A-Za-z0-9-]{10,255}'],
  ['hooks\\.slack\\.com/services/', '[A-Za-z0-9/]{20,100}'],
  ['npm_', '[A-Za-z0-9]{30,64}\\b'],
  ['dckr_[po]at_', '[A-Za-z0-9_-]{20,64}'],
  ['pypi-', '[A-Za-z0-9_-]{20,255}'],
  ['hf_', '[A-Za-z0-9]{30,64}\\b'],
  ['[rs]k_live_', '[A-Za-z0-9]{16,255}\\b'],
  ['sk-(?:ant|proj)-', '[A-Za-z0-9_-]{20,255}'],
  ['AIza', '[0-9A-Za-z_-]{35}'],
  ['SG\\.', '[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,128}'],
  ['hv[sb]\\.', '[A-Za-z0-9_-]{20,255}'],
  ['dop_v1_', '[a-f0-9]{64}\\b'],
  ['AGE-SECRET-KEY-1', '[A-Z0-9]{58}\\b'],
  // A JSON web token; and, in base64, Docker's `{"auths"` and the first words of private keys.
  ['eyJ', '[A-Za-z0-9_-]{8,2000}\\.eyJ[A-Za-z0-9_-]{8,4000}\\.[A-Za-z0-9_-]{0,2000}'],
  ['eyJhdXRocyI', '[A-Za-z0-9+/_-]{8,}={0,2}'],
  ['LS0tLS1CRUdJTiB', '(?:QUklWQVRF|SU0Eg|FQyBQ|PUEVOU1NI|FTkNSWVBURUQ|EU0Eg|QR1AgUFJJ)[A-Za-z0-9+/_-]{8,}={0,2}'],
];
export const TOKEN_SHAPES = anyOf(
  SHAPES.map(([start, rest]) => start + rest),
  'g',
);
/** True for every text that holds one of the shapes, and for few others. */
export const HAS_TOKEN = anyOf(SHAPES.map(([start]) => start));

/** At the start of a word, but for the mark, which may follow an option's letter. */
function anyOf(shapes: readonly string[], flags = ''): RegExp {
  return new RegExp(`${HIDDEN}|\\b(?:${shapes.join('|')})`, flags);
}
