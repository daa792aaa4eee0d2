import { InvalidReferenceError, SettingsError } from '../../errors.ts';
import type { RegistryHost } from '../../oci/reference.ts';

/** Where a private ECR registry is: each belongs to one account, in one region. */
export interface EcrLocation {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

interface Partition {
  readonly id: string;
  readonly regions: RegExp;
  readonly domain: string;
}

/**
 * AWS partitions other than the commercial one, each with its own host names. Source: the endpoint partitions that
 * @aws-sdk/core carries.
 */
const PARTITIONS: readonly Partition[] = [
  { id: 'aws-cn', regions: /^cn-/, domain: 'amazonaws.com.cn' },
  { id: 'aws-us-gov', regions: /^us-gov-/, domain: 'amazonaws.com' },
  { id: 'aws-eusc', regions: /^eusc-/, domain: 'amazonaws.eu' },
  { id: 'aws-iso', regions: /^us-iso-/, domain: 'c2s.ic.gov' },
  { id: 'aws-iso-b', regions: /^us-isob-/, domain: 'sc2s.sgov.gov' },
  { id: 'aws-iso-e', regions: /^eu-isoe-/, domain: 'cloud.adc-e.uk' },
  { id: 'aws-iso-f', regions: /^us-isof-/, domain: 'csp.hci.ic.gov' },
];
const COMMERCIAL: Partition = { id: 'aws', regions: /^/, domain: 'amazonaws.com' };

const REGION = /^[a-z]{2,5}(?:-[a-z]+)+-[0-9]+$/;
const ACCOUNT = /^[0-9]{12}$/;
// Host names for IPv4, FIPS and dual-stack. @see Amazon ECR user guide, "Amazon ECR endpoints and quotas"
const HOST = /^([0-9]{12})\.dkr(?:\.ecr(?:-fips)?|-ecr(?:-fips)?)\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;

const DUAL_STACK: ReadonlySet<string> = new Set(['on.aws', 'on.amazonwebservices.com.cn']);

function partitionOf(region: string): Partition {
  return PARTITIONS.find((partition) => partition.regions.test(region)) ?? COMMERCIAL;
}

/** The text, if it is the name of an AWS region. @throws SettingsError otherwise */
export function parseRegion(text: string): string {
  if (!REGION.test(text)) throw new SettingsError(`"${text}" is not an AWS region: expected for example eu-west-1`);
  return text;
}

/** The text, if it is an AWS account. @throws SettingsError otherwise */
export function parseAccount(text: string): string {
  if (!ACCOUNT.test(text))
    throw new SettingsError(`"${text}" is not an AWS account: expected twelve digits, in quotes`);
  return text;
}

/** The host that serves an account's images in a region: the first part of each image's name. */
export function ecrRegistryHost({ account, region }: EcrLocation): RegistryHost {
  return `${account}.dkr.ecr.${region}.${partitionOf(region).domain}` as RegistryHost;
}

/** The host of ECR's API in a region, used while the account is not known. */
export function ecrApiHost(region: string): RegistryHost {
  return `api.ecr.${region}.${partitionOf(region).domain}` as RegistryHost;
}

/** The account and region in the host of a private ECR registry; undefined for any other host. */
export function findEcrLocation(host: string): EcrLocation | undefined {
  const [, account, region, domain] = HOST.exec(host) ?? [];
  if (!account || !region || !domain || !REGION.test(region)) return undefined;
  return domain === partitionOf(region).domain || DUAL_STACK.has(domain) ? { account, region } : undefined;
}

/** The account and region in a host. @throws InvalidReferenceError when the host is no private ECR registry */
export function ecrLocationOf(host: RegistryHost): EcrLocation {
  const location = findEcrLocation(host);
  if (!location)
    throw new InvalidReferenceError(
      `"${host}" is not an Amazon ECR registry: expected ACCOUNT.dkr.ecr.REGION.amazonaws.com`,
    );
  return location;
}

/** The ARN of a repository. `repository` may be `*`; an account that is not known yet becomes `*`. */
export function ecrRepositoryArn(
  { region, account = '*' }: { readonly region: string; readonly account?: string | undefined },
  repository: string,
): string {
  return `arn:${partitionOf(region).id}:ecr:${region}:${account}:repository/${repository}`;
}
