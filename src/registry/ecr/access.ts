import { AccessDeniedError, AuthenticationError, NotFoundError, SlimboardError } from '../../errors.ts';
import type { CallOptions } from '../registry.ts';
import { type EcrClient, openEcrClients } from './client.ts';
import type { EcrInput, EcrOperation } from './operations.ts';
import type { EcrOptions } from './options.ts';
import { accountOf } from './repositories.ts';

/** Whether one thing is in place that an audit needs, or is better with. */
export interface EcrAccessFinding {
  readonly region: string;
  /** The IAM action, or `pull-time exclusion`. */
  readonly subject: string;
  /** `error`: audits fail, wholly or for some repositories. `warning`: they lack something, or do some harm. */
  readonly status: 'ok' | 'warning' | 'error' | 'unknown';
  /** What that means, and what would help. */
  readonly message: string;
}

type Status = EcrAccessFinding['status'];

/** A call that tries one operation without effect: it asks for a listing, or for something that does not exist. */
interface Probe<O extends EcrOperation = EcrOperation> {
  readonly operation: O;
  readonly input: EcrInput<O>;
  readonly repository?: string;
  /** What audits use the operation for, as words that follow "can" or "cannot". */
  readonly purpose: string;
  /** The status when the operation is refused. */
  readonly refused: Status;
}

/** No content has this digest, so asking for it moves no image's last pull time. */
const NOBODYS_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Tries each permission that an audit uses, in each region, and checks whether reading moves pull times. */
export async function describeEcrAccess(
  options: EcrOptions,
  { signal }: CallOptions,
): Promise<readonly EcrAccessFinding[]> {
  const clients = await openEcrClients(options);
  try {
    const findings = await Promise.all(clients.map((client) => describeRegion(client, options, signal)));
    return findings.flat();
  } finally {
    for (const client of clients) client.close();
  }
}

async function describeRegion(
  client: EcrClient,
  options: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<readonly EcrAccessFinding[]> {
  const first = await findRepository(client, signal);
  if (first.finding.status === 'error') return [first.finding];
  const probes = [...repositoryProbes(client, first), ...REGISTRY_PROBES];
  const findings = await Promise.all(probes.map((probe) => tryProbe(client, probe, signal)));
  const untried = first.name ? [] : [noRepository(client)];
  return [first.finding, ...findings, ...untried, await describeExclusion(client, options, signal)];
}

interface FirstRepository {
  readonly finding: EcrAccessFinding;
  readonly name?: string;
  readonly arn?: string;
}

async function findRepository(client: EcrClient, signal: AbortSignal | undefined): Promise<FirstRepository> {
  const input = { maxResults: 1, registryId: client.account };
  const probe = { operation: 'DescribeRepositories', input, purpose: 'list repositories', refused: 'error' } as const;
  try {
    const [repository] = (await client.call('DescribeRepositories', input, { signal })).repositories ?? [];
    client.learnAccount(repository && accountOf(repository));
    const finding = findingOf(client, probe, 'ok', `can ${probe.purpose} of ${client.host}`);
    if (!repository?.repositoryName || !repository.repositoryArn) return { finding };
    return { finding, name: repository.repositoryName, arn: repository.repositoryArn };
  } catch (error) {
    return { finding: failedProbe(client, probe, error) };
  }
}

function repositoryProbes(client: EcrClient, { name, arn }: FirstRepository): readonly Probe[] {
  if (!name || !arn) return [];
  const where = { registryId: client.account, repositoryName: name };
  const probe = <O extends EcrOperation>(
    operation: O,
    input: EcrInput<O>,
    purpose: string,
    refused: Status,
  ): Probe<O> => ({ operation, input, repository: name, purpose, refused });
  return [
    probe('DescribeImages', { ...where, maxResults: 1 }, 'list images', 'error'),
    probe('BatchGetImage', { ...where, imageIds: [{ imageDigest: NOBODYS_DIGEST }] }, 'read manifests', 'error'),
    probe('GetDownloadUrlForLayer', { ...where, layerDigest: NOBODYS_DIGEST }, 'read configs and layers', 'error'),
    probe('ListTagsForResource', { resourceArn: arn }, 'read owners from repository tags', 'warning'),
  ];
}

const REGISTRY_PROBES: readonly Probe[] = [
  {
    operation: 'GetAccountSetting',
    input: { name: 'BLOB_MOUNTING' },
    purpose: 'read whether repositories share layers (otherwise layers count as not shared)',
    refused: 'warning',
  },
];

async function tryProbe(client: EcrClient, probe: Probe, signal: AbortSignal | undefined): Promise<EcrAccessFinding> {
  try {
    await client.call(probe.operation, probe.input, { signal, repository: probe.repository });
  } catch (error) {
    if (!(error instanceof NotFoundError)) return failedProbe(client, probe, error);
  }
  return findingOf(client, probe, 'ok', `can ${probe.purpose}`);
}

function failedProbe(client: EcrClient, probe: Probe, error: unknown): EcrAccessFinding {
  if (!(error instanceof SlimboardError)) throw error;
  if (error instanceof AccessDeniedError) {
    return findingOf(client, probe, probe.refused, `cannot ${probe.purpose}: ${error.message}`);
  }
  return findingOf(client, probe, error instanceof AuthenticationError ? 'error' : 'unknown', error.message);
}

function findingOf(client: EcrClient, { operation }: Probe, status: Status, message: string): EcrAccessFinding {
  return { region: client.region, subject: `ecr:${operation}`, status, message };
}

function noRepository(client: EcrClient): EcrAccessFinding {
  const subject = 'ecr:DescribeImages, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:ListTagsForResource';
  return {
    region: client.region,
    subject,
    status: 'unknown',
    message: 'not checked: there is no repository to try them on',
  };
}

/** Checks whether the audit's role is excluded from pull times: lifecycle rules may act on an image's last pull. */
async function describeExclusion(
  client: EcrClient,
  { assumeRole }: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<EcrAccessFinding> {
  const finding = (status: Status, message: string): EcrAccessFinding => ({
    region: client.region,
    subject: 'pull-time exclusion',
    status,
    message,
  });
  try {
    const answer = await client.call('ListPullTimeUpdateExclusions', {}, { signal });
    const excluded = answer.pullTimeUpdateExclusions ?? [];
    if (assumeRole && excluded.includes(assumeRole))
      return finding('ok', `${assumeRole} does not change last-pull dates`);
    if (!assumeRole && excluded.length > 0) {
      return finding('unknown', `check that the audit's own role or user is one of these: ${excluded.join(', ')}`);
    }
    return finding(
      'warning',
      `${PULL_TIME_HARM}; to exclude its role, run ${registerCommand(client.region, assumeRole)}`,
    );
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    return finding(
      'unknown',
      `${PULL_TIME_HARM}, unless its role is excluded, which could not be read: ${error.message}`,
    );
  }
}

const PULL_TIME_HARM = 'an audit counts as a pull of each image that it reads for the first time';

function registerCommand(region: string, principal = 'ARN_OF_THE_AUDIT_ROLE'): string {
  return `aws ecr register-pull-time-update-exclusion --region ${region} --principal-arn ${principal}`;
}
