import { type Context, variableAt } from '../context.ts';
import { temurinKind, universalBase } from '../editions.ts';
import { lastCommand } from '../history/build-steps.ts';
import { type DistroName, debianStableAt, distroOfSuite, suiteOf } from '../knowledge/distros.ts';
import { dotnetSuite, type OfficialImage, type TagScheme } from '../knowledge/official-images.ts';
import { minor, tagged } from './references.ts';

/** An official image, the uppermost in the stack of another one's history. */
interface StackedOfficial {
  readonly context: Context;
  readonly official: OfficialImage;
  /** The index after its last step. */
  readonly end: number;
  readonly distro: DistroName | undefined;
}

/** The variant of an official image, as far as its tags name it. */
interface Variant {
  /** `alpine3.24` and `alpine`, or `bookworm`. */
  readonly suites: readonly string[];
  /** Whether a tag without a suite means this one. */
  readonly isDefault: boolean;
  readonly slim: boolean;
}

/** The names of an official image: its version and variant as its tags write them, or the repository alone. */
export function officialNames(image: StackedOfficial): readonly string[] {
  const { context, official, end } = image;
  if (isImpostor(image)) return [];
  const version = versionOf(image);
  if (version === undefined || official.tags === 'none') return [official.repository];
  const variant = variantOf(image, version);
  // A tag without a variant would claim the default one.
  if (!variant) return [official.repository];
  const endings = ENDINGS[official.tags](variant, context, end);
  if (endings.length === 0) return [official.repository];
  return tagged(
    official.repository,
    versionTags(version, official).flatMap((tag) => endings.map((ending) => tag + ending)),
  );
}

/**
 * Whether an image only sets the same variable as an official one: it is on a distribution that the official image does
 * not use, lacks another variable, or changes the user, which most official Dockerfiles do not.
 */
function isImpostor({ context, official, end, distro }: StackedOfficial): boolean {
  const start = context.stack.images.at(-2)?.end ?? 0;
  const own = context.history.steps.slice(start, end);
  if (official.needs !== undefined && variableAt(context, official.needs, end) === undefined) return true;
  return !isAvailableOn(official, distro?.id) || (!official.setsUser && own.some((step) => step.verb === 'USER'));
}

/** Whether an official image has a variant on a distribution; true if the distribution is unknown. */
function isAvailableOn(official: OfficialImage, id: string | undefined): boolean {
  if (id === 'alpine') return official.alpine;
  if (id === 'rhel' && official.tags === 'temurin') return true;
  const isUndecided = id === undefined || id === 'windows' || official.aptDistro === undefined;
  return isUndecided || id === official.aptDistro || id === official.rpmDistro;
}

function versionOf({ context, official, end }: StackedOfficial): string | undefined {
  const value = variableAt(context, official.versionEnv, end) ?? context.env.get(official.versionEnv);
  if (value === undefined) return undefined;
  const version = official.versionPattern
    ? official.versionPattern.exec(value)?.[1]
    : value.replace(/^(?:jdk-?|v)/, '');
  return version !== undefined && /^\d[\w.+-]{0,60}$/.test(version) ? version : undefined;
}

function versionTags(version: string, { tags, majorTag }: OfficialImage): readonly string[] {
  const tag = version.replace('+', '_');
  const [major = ''] = /^\d+/.exec(tag) ?? [];
  if (tags === 'temurin') return [major, tag];
  return majorTag ? [major, minor(tag), tag] : [minor(tag), tag];
}

function variantOf({ context, official, distro }: StackedOfficial, version: string): Variant | undefined {
  if (distro === undefined) return undefined;
  if (distro.id === 'alpine') {
    const release = distro.version === undefined ? [] : [`alpine${minor(distro.version)}`];
    return { suites: ['alpine', ...release], isDefault: false, slim: false };
  }
  if (distro.id === 'rhel') return universalVariant(context);
  const suite = suiteOf(distro);
  const slim = !context.stack.images.some((image) => image.kind === 'buildpack-deps');
  if (suite === undefined) {
    const isUsual = distro.id === official.aptDistro || distro.id === official.rpmDistro;
    return isUsual ? { suites: [], isDefault: true, slim } : undefined;
  }
  return { suites: [suite], isDefault: defaultSuite(official, version, context) === suite, slim };
}

/** The suite of the tags that name none. */
function defaultSuite(official: OfficialImage, version: string, { history }: Context): string | undefined {
  if (official.tags === 'dotnet') return dotnetSuite(version);
  const created = history.steps[0]?.created;
  return official.followsDebian && created !== undefined ? debianStableAt(created) : undefined;
}

/** The variant of Temurin's tags on a Red Hat universal base image: `ubi9-minimal`. */
function universalVariant({ input }: Context): Variant | undefined {
  const { release, edition } = universalBase(input.config.labels) ?? {};
  return edition === 'minimal' ? { suites: [`ubi${release}-minimal`], isDefault: false, slim: false } : undefined;
}

/** The endings of an image's tags, after the version. */
type Endings = (variant: Variant, context: Context, end: number) => readonly string[];

const ENDINGS: Readonly<Record<TagScheme, Endings>> = {
  'suite-slim': (variant) => withSlim(variant, (suite) => `-${suite}-slim`),
  'slim-suite': (variant) => withSlim(variant, (suite) => `-slim-${suite}`),
  suite: plainEndings,
  slim: (variant) => [variant.suites[0] === 'alpine' ? '-alpine' : variant.slim ? '-slim' : ''],
  php: (variant, context, end) => {
    const command = /"(php-fpm|apache2-foreground)"/.exec(lastCommand(context.history.steps.slice(0, end)))?.[1];
    const kind = command === 'php-fpm' ? '-fpm' : command === undefined ? '-cli' : '-apache';
    return plainEndings(variant).map((ending) => kind + ending);
  },
  temurin: (variant, context, end) => {
    const kind = temurinKind(context.history.steps.slice(0, end), variableAt(context, 'JAVA_VERSION', end));
    if (!kind) return [];
    const built = context.history.steps[end - 1]?.created;
    const isUbuntu = !/^(?:alpine|ubi)/.test(variant.suites[0] ?? '');
    const isDefault = isUbuntu && !variant.suites.some((suite) => isSuperseded(suite, built));
    const suites = variant.suites.flatMap((suite) => temurinSuite(suite) ?? []);
    return [...(isDefault ? [''] : []), ...suites.map((suite) => `-${suite}`)].map((ending) => `-${kind}${ending}`);
  },
  nginx: (variant, context, end) => {
    const slim = variant.suites[0] === 'alpine' && variableAt(context, 'NJS_VERSION', end) === undefined;
    return plainEndings(variant).map((ending) => (slim ? `${ending}-slim` : ending));
  },
  dotnet: (variant) => {
    const debian = variant.suites.some((suite) => DEBIAN_SUITES.has(suite));
    return plainEndings(variant).map((ending) => (debian && ending !== '' ? `${ending}-slim` : ending));
  },
  none: () => [''],
};

/**
 * The suite as Temurin's tags write it. They name Alpine's release from 3.20 on, with a hyphen: `21-jre-alpine-3.24`.
 */
function temurinSuite(suite: string): string | undefined {
  const [, release] = /^alpine3\.(\d+)$/.exec(suite) ?? [];
  if (release === undefined) return suite;
  return Number(release) >= 20 ? `alpine-3.${release}` : undefined;
}

/**
 * Whether an image was built half a year after Ubuntu's next long-term release, when tags without a suite mean that.
 */
function isSuperseded(suite: string, built: string | undefined): boolean {
  const year = Number(distroOfSuite(suite)?.version?.slice(0, 2));
  return built !== undefined && built >= `20${year + 2}-10-25`;
}

const DEBIAN_SUITES = new Set(['buster', 'bullseye', 'bookworm', 'trixie']);

function plainEndings(variant: Variant): readonly string[] {
  return [...(variant.isDefault ? [''] : []), ...variant.suites.map((suite) => `-${suite}`)];
}

function withSlim(variant: Variant, slimEnding: (suite: string) => string): readonly string[] {
  if (variant.suites[0] === 'alpine' || !variant.slim) return plainEndings(variant);
  return [...(variant.isDefault ? ['-slim'] : []), ...variant.suites.map(slimEnding)];
}
