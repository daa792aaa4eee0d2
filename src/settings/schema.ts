import { CronExpressionParser } from 'cron-parser';
import * as z from 'zod';
import { parseDuration } from '../common/units.ts';
import { SettingsError } from '../errors.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log-levels.ts';
import { type PlatformSelection, parsePlatform } from '../oci/platform.ts';
import { parseRegistryHost } from '../oci/reference.ts';
import { credentialVariable } from '../registry/auth/find-credentials.ts';
import { FORMAT_NAMES, KIND_NAMES } from '../report/names.ts';
import { checkDestination } from './destination.ts';
import { choice, globs, integer, keys, list, oneOrMore, optional, parsed, text, toggle } from './fields.ts';
import { policy } from './policy-schema.ts';

// The shape of a settings file. config/default.yaml explains each key.

const REPORT_KINDS = [...KIND_NAMES, 'leaderboard'] as const;
const NOTIFY_EVENTS = ['finished', 'regression', 'budget', 'failed'] as const;

const port = integer(0, 65_535);
const duration = parsed('90d', parseDuration);
/** The name of an environment variable that holds a secret. */
const variable = text('SLIMBOARD_WEBHOOK_SECRET', /^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable');
/** Matches a URL with a password in its query: `?password=…`, `?db_passwd=…`. */
export const PASSWORD_IN_QUERY = /[?&][^=&]*passw(?:or)?d[^=&]*=[^&]/i;
/** @param secrets where a user and a password belong instead; completes the error for a URL that contains them */
const webUrl = (example: string, secrets: string) =>
  text(example, /^https?:\/\/[^\s/]/, 'a URL').refine(
    (url) => !/^https?:\/\/[^/?#]*@/.test(url) && !PASSWORD_IN_QUERY.test(url),
    { error: `secrets are never read from a file: ${secrets}` },
  );
const name = text('prod', /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, . _ and - (at most 63)');

const platforms = oneOrMore(
  parsed('linux/amd64', (platform) => (platform === 'all' ? 'all' : parsePlatform(platform))),
  '[linux/amd64, linux/arm64]',
).transform((wanted): PlatformSelection => {
  const specific = wanted.filter((platform) => platform !== 'all');
  return specific.length < wanted.length ? 'all' : specific;
});

const schedule = parsed('"0 2 * * *"', (expression) => {
  const isAlias = /^@(?:hourly|daily|weekdays|weekends|weekly|monthly)$/.test(expression);
  // cron-parser replaces H by a random value each time it parses: the schedule would change all the time.
  const isRandom = /\bH\b/.test(expression);
  try {
    if (isAlias || (!isRandom && expression.trim().split(/\s+/).length === 5)) CronExpressionParser.parse(expression);
    else throw new Error('five fields');
  } catch (error) {
    throw new SettingsError(
      'expected minute, hour, day of the month, month and day of the week, such as "0 2 * * *", or @daily',
      { cause: error },
    );
  }
  return expression;
});

const timezone = parsed('Europe/Berlin', (zone) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    throw new SettingsError('expected a time zone of the IANA database, such as Europe/Berlin or UTC', {
      cause: error,
    });
  }
});

/** Which part of a source is read, and how; flags override these for every source of an audit. */
const readingShape = {
  include: globs,
  exclude: globs,
  tags: globs,
  newest: z.union([z.literal('all'), integer(1, 1_000_000)], {
    error: 'expected "all", or the number of tags per repository: a whole number from 1 to 1000000',
  }),
  platforms,
  concurrency: integer(1, 512),
  deep: toggle(),
  provenance: toggle(),
  plainHttp: toggle(),
  timezone,
};

const { plainHttp, ...optionalReading } = optional(readingShape);

/**
 * Flags that narrow or force one audit. `full` ignores everything stored; it is a flag only, because no audit should do
 * so by habit.
 */
export const flagSchema = z.strictObject({ ...optionalReading, plainHttp, full: toggle().exactOptional() });

const commonShape = { name, ...optionalReading, schedule: schedule.exactOptional() };

/** The path of a PEM file. Its content, which may be a private key, does not belong into the settings. */
const file = (example: string) => text(example, /^(?!.*-----BEGIN)/s, 'the path of a file');

const REGISTRY_SECRETS = 'SLIMBOARD_REGISTRY_<NAME>_USERNAME, _PASSWORD or _TOKEN, or into the file of docker login';
const dedup = choice(['registry', 'repository', 'namespace']);

const ociShape = {
  kind: z.literal('oci'),
  ...commonShape,
  registry: parsed('registry.example.com', parseRegistryHost),
  repositories: globs.exactOptional(),
  plainHttp,
  caFile: file('/etc/ssl/private-ca.pem').exactOptional(),
  certFile: file('/etc/ssl/client.pem').exactOptional(),
  keyFile: file('/etc/ssl/client-key.pem').exactOptional(),
  requestTimeout: duration.refine((ms) => ms >= 1_000, { error: 'expected at least 1s' }).exactOptional(),
  dedup: dedup.default('registry'),
};

/** A source in any registry that implements the OCI distribution API. */
export const ociSource = keys(ociShape, REGISTRY_SECRETS).refine(
  (source) => (source.certFile === undefined) === (source.keyFile === undefined),
  {
    error: 'certFile and keyFile must be set together: a certificate needs its private key',
  },
);

const ecrShape = {
  kind: z.literal('ecr'),
  ...commonShape,
  account: text('"123456789012" (twelve digits, in quotes)', /^\d{12}$/, 'the number of an account').exactOptional(),
  regions: oneOrMore(
    text('eu-west-1', /^[a-z]{2,}(?:-[a-z]+)+-\d+$/, 'the name of a region'),
    '[eu-west-1, us-east-1]',
  ).exactOptional(),
  assumeRole: text(
    'arn:aws:iam::123456789012:role/slimboard-audit',
    /^arn:[\w-]+:iam::\d{12}:role\/\S+$/,
    'the ARN of a role',
  ).exactOptional(),
  externalId: text('slimboard').exactOptional(),
  profile: text('audit').exactOptional(),
  endpoint: webUrl('https://api.ecr.eu-west-1.amazonaws.com', "use AWS's usual credentials instead").exactOptional(),
  dedup: dedup.default('repository'),
};

/** A source in Amazon ECR. */
export const ecrSource = keys(ecrShape, "AWS's own variables, profile or role");

const kind = z.enum(['oci', 'ecr'], { error: 'expected kind: oci or kind: ecr' });

/** A source whose kind is not known: names every key that neither kind has, among them a misspelled `kind`. */
const sourceOfEitherKind = keys(
  { ...ociShape, ...ecrShape, kind, registry: ociShape.registry.exactOptional() },
  REGISTRY_SECRETS,
);

const sources = list(
  z.preprocess(requireKind, z.discriminatedUnion('kind', [ociSource, ecrSource])),
  '[{ name: prod, kind: oci, registry: registry.example.com }]',
)
  .superRefine(unique('name'))
  .superRefine(checkCredentialVariables);

const teams = list(
  keys({ name, repositories: globs }),
  '[{ name: payments, repositories: ["payments/**"] }]',
).superRefine(unique('name'));

/** Refuses what has no kind, with its other mistakes: a union of the kinds would tell nothing but the lack. */
function requireKind(source: unknown, context: z.core.$RefinementCtx): unknown {
  if (z.looseObject({ kind }).safeParse(source).success) return source;
  const mistakes = sourceOfEitherKind.safeParse(source).error?.issues ?? [];
  context.issues.push(...mistakes.map((mistake) => ({ ...mistake, input: source }) as z.core.$ZodRawIssue));
  return z.NEVER;
}

/** A check that no two items have the same value under a key. */
function unique<Key extends string>(key: Key) {
  return (items: readonly Readonly<Record<Key, string>>[], context: z.RefinementCtx): void => {
    const seen = new Set<string>();
    for (const [index, { [key]: value }] of items.entries()) {
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: [index, key],
          message: `duplicate ${key} "${value}": each ${key} must be unique`,
        });
      seen.add(value);
    }
  };
}

/**
 * Refuses names that differ in punctuation only: both would read their credentials from the same environment variables,
 * and one registry would be sent the password of the other.
 */
function checkCredentialVariables(
  all: readonly { readonly kind: string; readonly name: string }[],
  context: z.RefinementCtx,
) {
  const nameByVariable = new Map<string, string>();
  for (const [index, { kind, name }] of all.entries()) {
    if (kind !== 'oci') continue;
    const variable = credentialVariable(name, 'PASSWORD');
    const other = nameByVariable.get(variable) ?? name;
    if (other !== name) {
      const message = `"${name}" and "${other}" both read ${variable}: choose another name`;
      context.addIssue({ code: 'custom', path: [index, 'name'], message });
    }
    nameByVariable.set(variable, name);
  }
}

const report = keys({
  kind: choice(REPORT_KINDS),
  format: choice(FORMAT_NAMES),
  path: parsed('"reports/teams-{date}.csv"', checkDestination),
});

const notification = keys(
  {
    kind: choice(['webhook', 'slack']),
    url: webUrl(
      'https://ci.example.com/hooks/slimboard',
      'put the URL into an environment variable and give its name, as in urlFrom: SLIMBOARD_WEBHOOK_URL',
    ).exactOptional(),
    urlFrom: variable.exactOptional(),
    secretFrom: variable.exactOptional(),
    on: oneOrMore(choice(NOTIFY_EVENTS), '[finished, regression, failed]')
      .refine((events) => events.length > 0, { error: 'expected at least one event, such as [finished, failed]' })
      .default(['finished', 'regression', 'failed']),
  },
  'an environment variable and give its name, as in secretFrom: SLIMBOARD_WEBHOOK_SECRET',
).refine((entry) => (entry.url === undefined) !== (entry.urlFrom === undefined), {
  error: 'expected either url, or urlFrom with the name of the environment variable that holds it',
});

/**
 * Accepts what the Postgres client accepts: for a socket named by `?host=`, the host after `user@` may be missing. An @
 * behind the host is refused: it shows that a / ? or # in the password ended the host, and errors would name a part of the
 * password. The values of parameters may have one.
 */
function isDatabaseUrl(url: string): boolean {
  const parsable = [url, url.replace('@/', '@localhost/')].find((text) => URL.canParse(text));
  if (parsable === undefined) return false;
  const { pathname, search, hash } = new URL(parsable);
  return !`${pathname}${search.replace(/=.*/, '')}${hash}`.includes('@');
}

/** All settings. Parsing gives bytes for sizes and milliseconds for durations. */
export const settingsSchema = keys({
  databaseUrl: text('postgres://db.example.com/slimboard', /^postgres(?:ql)?:\/\//, 'a URL of Postgres')
    .refine(isDatabaseUrl, {
      error:
        'not a valid URL: name one host; in a password, write # / ? @ and % as %23 %2F %3F %40 %25; the port is at most 65535',
    })
    .exactOptional(),
  redisUrl: text('redis://redis.example.com:6379', /^rediss?:\/\//, 'a URL of Redis').exactOptional(),
  dataDir: text('./.slimboard'),
  log: keys({ level: choice(LOG_LEVELS), format: choice(LOG_FORMATS) }),
  sourceDefaults: keys(readingShape),
  sources,
  teamKey: text('team'),
  teams,
  policy,
  prices: keys({
    storagePerGBMonth: z
      .number({ error: 'expected a number, such as 0.10' })
      .min(0, { error: 'expected a price of 0 or more' }),
    currency: text('USD', /^[A-Z]{3}$/, 'three capital letters'),
  }),
  reports: list(report, '[{ kind: teams, format: csv, path: "reports/teams-{date}.csv" }]').superRefine(unique('path')),
  notify: list(notification, '[{ kind: webhook, url: "https://ci.example.com/hooks/slimboard" }]'),
  catalogue: keys({ learn: list(text('mirror.example.com/library/*'), '["mirror.example.com/library/*"]') }),
  retention: keys({ audits: duration, content: duration }),
  serve: keys(
    {
      host: text('127.0.0.1'),
      port,
      token: text('those that "openssl rand -hex 32" prints', /^.{16,}$/, 'at least 16 characters').exactOptional(),
    },
    'SLIMBOARD_SERVE_TOKEN',
  ),
  metricsPort: port.exactOptional(),
});
