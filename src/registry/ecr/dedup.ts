import { RateLimitedError, SlimboardError } from '../../errors.ts';
import type { DedupScope } from '../registry.ts';
import type { EcrClient } from './client.ts';
import type { EcrOptions } from './options.ts';

/**
 * Within what ECR keeps a blob once: a repository, or the whole registry where every region has blob mounting on.
 * Undefined, with a note, where the setting may not be read: it is no reason to fail, and none to call it changed.
 * @throws RateLimitedError
 * @see Amazon ECR user guide, "Blob mounting"
 */
export async function readDedupScope(
  clients: readonly EcrClient[],
  options: EcrOptions,
  signal: AbortSignal | undefined,
): Promise<DedupScope | undefined> {
  try {
    const settings = await Promise.all(
      clients.map((client) => client.call('GetAccountSetting', { name: 'BLOB_MOUNTING' }, { signal })),
    );
    return settings.every(({ value }) => value === 'ENABLED') ? 'registry' : 'repository';
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof SlimboardError) || error instanceof RateLimitedError) throw error;
    options.onNote?.(`Whether ECR shares blobs between repositories could not be read: ${error.message}`);
    return undefined;
  }
}
