import { RateLimitedError, SlimboardError } from '../../errors.ts';
import type { DedupScope } from '../registry.ts';
import type { EcrClient } from './client.ts';
import type { EcrOptions } from './options.ts';

/**
 * The scope within which ECR stores a blob once: the whole registry if blob mounting is on in every region, otherwise a
 * repository. Undefined, with a note, if the setting cannot be read: the audit goes on with the scope known before.
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
    options.onNote?.(`Cannot read whether ECR shares blobs between repositories: ${error.message}`);
    return undefined;
  }
}
