import { AuthenticationError, SlimboardError } from '../../errors.ts';
import type { DedupScope } from '../registry.ts';
import type { EcrClient } from './client.ts';
import type { EcrOptions } from './options.ts';

/**
 * Within what ECR keeps a blob once: a repository, or the whole registry where every region has blob mounting on.
 * Where the setting may not be read it is the repository, as in a new account.
 * @see Amazon ECR user guide, "Blob mounting"
 */
export async function readDedupScope(
  clients: readonly EcrClient[],
  options: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<DedupScope> {
  const mounting = await Promise.all(clients.map((client) => isMounting(client, options, signal)));
  return mounting.every(Boolean) ? 'registry' : 'repository';
}

async function isMounting(client: EcrClient, options: EcrOptions, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const setting = await client.call('GetAccountSetting', { name: 'BLOB_MOUNTING' }, { signal });
    return setting.value === 'ENABLED';
  } catch (error) {
    if (!(error instanceof SlimboardError) || error instanceof AuthenticationError) throw error;
    options.onNote?.(`Whether ECR shares blobs between repositories is unknown, taken as no: ${error.message}`);
    return false;
  }
}
