import { ECRClient } from '@aws-sdk/client-ecr';
import { describe, expect, test, vi } from 'vitest';
import { AuthenticationError, SettingsError } from '../../../src/errors.ts';
import { collect } from '../../support/collect.ts';
import { useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';

const ecr = useEcr();
const ROLE = 'arn:aws:iam::123456789012:role/slimboard-audit';

function keysUsed(fake: FakeEcr): readonly string[] {
  return fake.calls.filter(({ region }) => region !== '').map(({ accessKeyId }) => accessKeyId);
}

describe('credentials', () => {
  test('come from the SDK’s default chain', async () => {
    const fake = await ecr.start();
    await collect((await ecr.open(fake)).listRepositories({}));
    expect(keysUsed(fake)).toEqual(['AKIASTATIC']);
  });

  test('of an assumed role are requested once, with the external ID', async () => {
    const fake = await ecr.start({ externalId: 'tenant-7' });
    fake.createRepository('api');
    const registry = await ecr.open(fake, { assumeRole: ROLE, externalId: 'tenant-7' });
    await collect(registry.listRepositories({}));
    expect(keysUsed(fake)).toEqual(['ASIASESSION1', 'ASIASESSION1']);
    const assumed = fake.calls.filter(({ operation }) => operation === 'AssumeRole');
    expect(assumed.map(({ input }) => [input.RoleArn, input.ExternalId, input.RoleSessionName])).toEqual([
      [ROLE, 'tenant-7', 'slimboard-audit'],
    ]);
  });

  test('of a session that is about to end are renewed while the audit runs', async () => {
    const fake = await ecr.start({ sessionSeconds: 30 });
    const registry = await ecr.open(fake, { assumeRole: ROLE });
    for (let night = 0; night < 3; night += 1) await collect(registry.listRepositories({}));
    const sessions = keysUsed(fake);
    expect(new Set(sessions).size).toBe(sessions.length);
  });

  test('that AWS declares expired early are renewed, and the call is repeated', async () => {
    const fake = await ecr.start();
    const registry = await ecr.open(fake, { assumeRole: ROLE });
    await collect(registry.listRepositories({}));
    fake.expireSessions();
    await collect(registry.listRepositories({}));
    expect(keysUsed(fake)).toEqual(['ASIASESSION1', 'ASIASESSION1', 'ASIASESSION2']);
  });

  test('that are being renewed do not hold an aborted call', async () => {
    const fake = await ecr.start();
    const registry = await ecr.open(fake, { assumeRole: ROLE });
    await collect(registry.listRepositories({}));
    fake.expireSessions();
    const asked = fake.silenceSts();
    const stop = new AbortController();
    const listing = collect(registry.listRepositories({ signal: stop.signal }));
    await asked;
    stop.abort(new Error('stopped'));
    await expect(listing).rejects.toThrow('stopped');
  });

  test('that cannot be renewed stop the audit with their source and advice', async () => {
    const fake = await ecr.start();
    fake.expireSessions();
    const listing = collect((await ecr.open(fake)).listRepositories({}));
    await expect(listing).rejects.toThrow(AuthenticationError);
    await expect(listing).rejects.toThrow(/default chain.*ExpiredTokenException.*aws sso login/s);
    expect(keysUsed(fake)).toHaveLength(2);
  });

  test('whose file is missing stop the audit with an error that names it', async () => {
    const fake = await ecr.start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_ROLE_ARN', ROLE);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/nowhere/token');
    const listing = collect((await ecr.open(fake)).listRepositories({}));
    await expect(listing).rejects.toThrow(AuthenticationError);
    await expect(listing).rejects.toThrow(/default chain.*\/nowhere\/token/);
    expect(fake.calls).toEqual([]);
  });

  test('of a role that must not be assumed stop the audit with the role and the reason', async () => {
    const fake = await ecr.start({ externalId: 'tenant-7' });
    const registry = await ecr.open(fake, { assumeRole: ROLE, externalId: 'wrong' });
    const listing = collect(registry.listRepositories({}));
    await expect(listing).rejects.toThrow(AuthenticationError);
    await expect(listing).rejects.toThrow(new RegExp(`role ${ROLE}.*sts:AssumeRole.*external id`, 's'));
  });

  test('that cannot be found stop the audit', async () => {
    const fake = await ecr.start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const listing = collect((await ecr.open(fake)).listRepositories({}));
    await expect(listing).rejects.toThrow(AuthenticationError);
  });

  test('of a missing profile stop the audit with an error that names it', async () => {
    const fake = await ecr.start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const listing = collect((await ecr.open(fake, { profile: 'absent' })).listRepositories({}));
    await expect(listing).rejects.toThrow(/profile absent/);
  });
});

describe('the region', () => {
  test('comes from the environment if the settings have none', async () => {
    const fake = await ecr.start();
    vi.stubEnv('AWS_REGION', 'ap-south-2');
    await collect((await ecr.openWithout(fake, 'regions')).listRepositories({}));
    expect(fake.calls.map(({ region }) => region)).toEqual(['ap-south-2']);
  });

  test('is a settings error if it is missing or invalid', async () => {
    const fake = await ecr.start();
    vi.stubEnv('AWS_REGION', undefined);
    await expect(ecr.openWithout(fake, 'regions')).rejects.toThrow(SettingsError);
    await expect(ecr.open(fake, { regions: ['everywhere'] })).rejects.toThrow(SettingsError);
    await expect(ecr.open(fake, { account: 'mine' })).rejects.toThrow(SettingsError);
  });
});

test('the endpoint may come from the environment, as in all tools of AWS', async () => {
  const fake = await ecr.start();
  vi.stubEnv('AWS_ENDPOINT_URL_ECR', fake.url);
  await collect((await ecr.openWithout(fake, 'endpoint')).listRepositories({}));
  expect(fake.callCounts()).toEqual({ DescribeRepositories: 1 });
});

describe('the client', () => {
  test('sends only reads: any other operation fails before the network', async () => {
    const fake = await ecr.start();
    const clients: ECRClient[] = [];
    const send = vi.spyOn(ECRClient.prototype, 'send').mockImplementation(function (this: ECRClient) {
      clients.push(this);
      return Promise.resolve({});
    });
    await collect((await ecr.open(fake)).listRepositories({}));
    send.mockRestore();
    const sdk = await import('@aws-sdk/client-ecr');
    const writes = [
      new sdk.PutImageCommand({ repositoryName: 'api', imageManifest: '{}' }),
      new sdk.BatchDeleteImageCommand({ repositoryName: 'api', imageIds: [] }),
      new sdk.DeleteRepositoryCommand({ repositoryName: 'api' }),
      new sdk.RegisterPullTimeUpdateExclusionCommand({ principalArn: ROLE }),
      new sdk.GetAuthorizationTokenCommand({}),
    ];
    for (const command of writes) {
      await expect(clients[0]?.send(command as never)).rejects.toThrow(/not one of the operations that only read/);
    }
    expect(fake.calls).toEqual([]);
  });
});
