import { checkedGlob, compileGlobs, isGlob } from '../common/glob.ts';
import { SettingsError } from '../errors.ts';
import { DOCKER_HUB, parseRegistryHost, parseRepositoryName, parseTag, type RegistryHost } from '../oci/reference.ts';
import { findEcrLocation } from '../registry/ecr/hosts.ts';
import type { EcrSource, OciSource, Settings, SourceSettings } from './settings.ts';

const FORMS = 'HOST[:PORT], HOST/REPOSITORY, HOST/PREFIX/*, HOST/REPOSITORY:TAG, ecr:REGION or ecr:ACCOUNT.REGION';
const ECR = /^ecr:(?:(?<account>\d{12})\.)?(?<region>[a-z]{2,}(?:-[a-z]+)+-\d+)$/;

type Selection = Pick<SourceSettings, 'include' | 'named' | 'tags'>;

/** The sources that targets name; without targets, all sources of the settings. @throws as {@link parseTarget} does */
export function sourcesOf(targets: readonly string[], settings: Settings): readonly SourceSettings[] {
  return targets.length === 0 ? settings.sources : targets.map((target) => parseTarget(target, settings));
}

/**
 * Resolves a TARGET of `audit` or `plan` to a source. A host for which a source is configured is audited under that
 * source's name and with its settings; any other host becomes a source named after it. A repository or tag in the
 * target restricts `include` and `tags`; the audit changes nothing outside them.
 * @throws SettingsError or InvalidReferenceError naming the target and the forms that it may have
 */
export function parseTarget(target: string, settings: Settings): SourceSettings {
  const configured = settings.sources.find(({ name }) => name === target);
  if (configured) return configured;
  if (target.includes('://'))
    throw new SettingsError(
      `"${target}": write the registry without ${target.split('://')[0]}://; for plain HTTP use --plain-http`,
    );
  if (target.startsWith('ecr:')) return ecrRegion(target, settings);
  if (target.endsWith('/'))
    throw new SettingsError(`"${target}": write "${target.slice(0, -1)}", or "${target}*" for everything under it`);
  const slash = target.indexOf('/');
  const host = slash < 0 ? target : target.slice(0, slash);
  if (host !== 'localhost' && !/[.:]/.test(host)) throw unknownTarget(target, settings);
  const registry = parseRegistryHost(host);
  const selection = slash < 0 ? {} : parseSelection(target.slice(slash + 1), registry, target);
  const ecr = findEcrLocation(registry);
  if (ecr) return { ...ecrSource(ecr.region, ecr.account, settings), ...selection };
  return ociSource(registry, selection, settings);
}

function unknownTarget(target: string, { sources }: Settings): SettingsError {
  const names = sources.map(({ name }) => name).join(', ') || 'none is configured';
  return new SettingsError(`"${target}" is neither a configured source (${names}) nor a registry: expected ${FORMS}`);
}

function ecrRegion(target: string, settings: Settings): SourceSettings {
  const { account, region } = ECR.exec(target)?.groups ?? {};
  if (!region)
    throw new SettingsError(
      `"${target}": expected ecr:REGION or ecr:ACCOUNT.REGION, such as ecr:123456789012.eu-west-1`,
    );
  return ecrSource(region, account, settings);
}

function ecrSource(region: string, account: string | undefined, settings: Settings): EcrSource {
  const configured = configuredEcr(region, account, settings);
  if (configured) return { ...configured, regions: [region] };
  return {
    ...settings.sourceDefaults,
    kind: 'ecr',
    name: account ? `ecr:${account}.${region}` : `ecr:${region}`,
    ...(account ? { account } : {}),
    regions: [region],
    dedup: 'repository',
  };
}

/** Finds the source that lists the region; else the source of the account without `regions`, if there is just one. */
function configuredEcr(region: string, account: string | undefined, { sources }: Settings): EcrSource | undefined {
  const inAccount = sources.filter(
    (source): source is EcrSource => source.kind === 'ecr' && isInAccount(source, account),
  );
  // A target without an account means the caller's account; a source that assumes a role may read another one.
  const [withoutRegions, ...others] = inAccount.filter(
    ({ regions, assumeRole }) => regions === undefined && (account !== undefined || assumeRole === undefined),
  );
  return (
    inAccount.find(({ regions }) => regions?.includes(region)) ?? (others.length === 0 ? withoutRegions : undefined)
  );
}

/** A source without `account` reads that of its role. The caller's own account is not known before AWS is asked. */
function isInAccount({ account, assumeRole }: EcrSource, wanted: string | undefined): boolean {
  return account === wanted || (account === undefined && assumeRole?.split(':')[4] === wanted);
}

/** Of several sources of a registry, which may differ in credentials, takes the first one that selects the repository. */
function ociSource(registry: RegistryHost, selection: Partial<Selection>, settings: Settings): OciSource {
  const configured = settings.sources.filter(
    (source): source is OciSource => source.kind === 'oci' && source.registry === registry,
  );
  const [repository] = selection.include ?? [];
  const selecting = configured.filter((source) => repository !== undefined && selects(source, repository));
  // What all of them exclude may be named all the same.
  const base = selecting.find(({ exclude }) => !compileGlobs(exclude)(repository ?? '')) ??
    selecting[0] ??
    configured[0] ?? { ...settings.sourceDefaults, kind: 'oci', name: registry, registry, dedup: 'registry' };
  // With `repositories`, the registry need not list its repositories, which some registries cannot do.
  return { ...base, ...selection, ...(selection.include ? { repositories: selection.include } : {}) };
}

function selects({ repositories = ['**'], include }: OciSource, repository: string): boolean {
  return compileGlobs(repositories)(repository) && compileGlobs(include)(repository);
}

/** Parses what follows the host: a repository or a glob, optionally with a colon and a tag or a glob. */
function parseSelection(path: string, registry: RegistryHost, target: string): Partial<Selection> {
  if (path.includes('@'))
    throw new SettingsError(`"${target}": an audit reads tags, not digests; for one digest use "slimboard inspect"`);
  const colon = path.indexOf(':');
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const repository = parseRepositoryPattern(colon < 0 ? path : path.slice(0, colon), registry);
  return {
    include: [repository],
    ...(isGlob(repository) ? {} : { named: [repository] }),
    ...(tag === undefined ? {} : { tags: [isGlob(tag) ? checkedGlob(tag) : parseTag(tag)] }),
  };
}

function parseRepositoryPattern(path: string, registry: RegistryHost): string {
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (!isGlob(repository)) return parseRepositoryName(repository);
  // A prefix means everything under it, at whatever depth.
  return checkedGlob(/(?:^|\/)\*$/.test(repository) ? `${repository}/**` : repository);
}
