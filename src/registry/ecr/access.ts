import { AccessDeniedError, AuthenticationError, NotFoundError, SlimboardError } from '../../errors.ts';
import type { CallOptions } from '../registry.ts';
import { type EcrClient, openEcrClients } from './client.ts';
import type { EcrInput, EcrOperation } from './operations.ts';
import type { EcrOptions } from './options.ts';
import { accountOf } from './repositories.ts';

/** Whether one thing is in place that an audit needs, or is better with. */
export interface EcrAccessResult {
  readonly region: string;
  /** The IAM action, or `pull-time exclusion`. */
  readonly subject: string;
  /** `error`: audits fail, wholly or for some repositories. `warning`: they lack something, or do some harm. */
  readonly status: 'ok' | 'warning' | 'error' | 'unknown';
  /** What that means, and what would help. */
  readonly message: string;
}

type Status = EcrAccessResult['status'];

/** A call that tries one operation without effect: it asks for a listing, or for something that does not exist. */
interface Probe {
  readonly operation: EcrOperation;
  readonly input: EcrInput<EcrOperation>;
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
): Promise<readonly EcrAccessResult[]> {
  const clients = await openEcrClients(options);
  try {
    const results = await Promise.all(clients.map((client) => describeRegion(client, options, signal)));
    return results.flat();
  } finally {
    for (const client of clients) client.close();
  }
}

async function describeRegion(
  client: EcrClient,
  options: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<readonly EcrAccessResult[]> {
  const first = await findRepository(client, signal);
  if (first.result.status === 'error') return [first.result];
  const probes = [...repositoryProbes(client, first), BLOB_MOUNTING];
  const results = await Promise.all(probes.map((probe) => tryProbe(client, probe, first.name, signal)));
  const untried = first.name ? [] : [resultOf(client, REPOSITORY_ACTIONS, 'unknown', NO_REPOSITORY)];
  return [first.result, ...results, ...untried, await describeExclusion(client, options, signal)];
}

const REPOSITORY_ACTIONS = 'ecr:DescribeImages, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:ListTagsForResource';
const NO_REPOSITORY = 'not checked: there is no repository to try them on';

interface FirstRepository {
  readonly result: EcrAccessResult;
  readonly name?: string;
  readonly arn?: string;
}

async function findRepository(client: EcrClient, signal: AbortSignal | undefined): Promise<FirstRepository> {
  const input = { maxResults: 1, registryId: client.account };
  const probe = probeOf('DescribeRepositories', input, 'list repositories', 'error');
  try {
    const [repository] = (await client.call('DescribeRepositories', input, { signal })).repositories ?? [];
    client.learnAccount(repository && accountOf(repository));
    const result = resultOf(client, actionOf(probe), 'ok', `can ${probe.purpose} of ${client.host}`);
    if (!repository?.repositoryName || !repository.repositoryArn) return { result };
    return { result, name: repository.repositoryName, arn: repository.repositoryArn };
  } catch (error) {
    return { result: failedProbe(client, probe, error) };
  }
}

function repositoryProbes(client: EcrClient, { name, arn }: FirstRepository): readonly Probe[] {
  if (!name || !arn) return [];
  const where = { registryId: client.account, repositoryName: name };
  return [
    probeOf('DescribeImages', { ...where, maxResults: 1 }, 'list images', 'error'),
    probeOf('BatchGetImage', { ...where, imageIds: [{ imageDigest: NOBODYS_DIGEST }] }, 'read manifests', 'error'),
    probeOf('GetDownloadUrlForLayer', { ...where, layerDigest: NOBODYS_DIGEST }, 'read configs and layers', 'error'),
    probeOf('ListTagsForResource', { resourceArn: arn }, 'read owners from repository tags', 'warning'),
  ];
}

const BLOB_MOUNTING = probeOf(
  'GetAccountSetting',
  { name: 'BLOB_MOUNTING' },
  'read whether repositories share layers (otherwise layers count as not shared)',
  'warning',
);

function probeOf<O extends EcrOperation>(operation: O, input: EcrInput<O>, purpose: string, refused: Status): Probe {
  return { operation, input, purpose, refused };
}

async function tryProbe(
  client: EcrClient,
  probe: Probe,
  repository: string | undefined,
  signal: AbortSignal | undefined,
): Promise<EcrAccessResult> {
  try {
    await client.call(probe.operation, probe.input, { signal, repository });
  } catch (error) {
    if (!(error instanceof NotFoundError)) return failedProbe(client, probe, error);
  }
  return resultOf(client, actionOf(probe), 'ok', `can ${probe.purpose}`);
}

function failedProbe(client: EcrClient, probe: Probe, error: unknown): EcrAccessResult {
  if (!(error instanceof SlimboardError)) throw error;
  const isDenied = error instanceof AccessDeniedError;
  const message = isDenied ? `cannot ${probe.purpose}: ${error.message}` : error.message;
  const status = isDenied ? probe.refused : error instanceof AuthenticationError ? 'error' : 'unknown';
  return resultOf(client, actionOf(probe), status, message);
}

function actionOf({ operation }: Probe): string {
  return `ecr:${operation}`;
}

function resultOf({ region }: EcrClient, subject: string, status: Status, message: string): EcrAccessResult {
  return { region, subject, status, message };
}

/** Checks whether the audit's role is excluded from pull times: lifecycle rules may act on an image's last pull. */
async function describeExclusion(
  client: EcrClient,
  { assumeRole }: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<EcrAccessResult> {
  const result = (status: Status, message: string) => resultOf(client, 'pull-time exclusion', status, message);
  try {
    const answer = await client.call('ListPullTimeUpdateExclusions', {}, { signal });
    const excluded = answer.pullTimeUpdateExclusions ?? [];
    if (assumeRole && excluded.includes(assumeRole))
      return result('ok', `${assumeRole} does not change last-pull dates`);
    if (!assumeRole && excluded.length > 0)
      return result('unknown', `check that the audit's own role or user is one of these: ${excluded.join(', ')}`);
    const command = registerCommand(client.region, assumeRole);
    return result('warning', `${PULL_TIME_HARM}; to exclude its role, run ${command}`);
  } catch (error) {
    if (!(error instanceof SlimboardError)) throw error;
    const unread = `unless its role is excluded, which could not be read: ${error.message}`;
    return result('unknown', `${PULL_TIME_HARM}, ${unread}`);
  }
}

const PULL_TIME_HARM = 'an audit counts as a pull of each image that it reads for the first time';

function registerCommand(region: string, principal = 'ARN_OF_THE_AUDIT_ROLE'): string {
  return `aws ecr register-pull-time-update-exclusion --region ${region} --principal-arn ${principal}`;
}
