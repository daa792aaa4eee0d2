import type { RegistryHost } from '../../oci/reference.ts';
import type { RequestOutcome } from '../registry.ts';
import type { EcrOptions, EcrRequestKind } from './options.ts';

interface GovernedRequest {
  readonly operation: EcrRequestKind;
  /** Whose limits it counts against. */
  readonly host: RegistryHost;
  readonly signal: AbortSignal | undefined;
}

interface Outcomes<T> {
  readonly ofResult: (result: T) => RequestOutcome;
  readonly ofError: (error: unknown) => RequestOutcome;
}

/** Sends one request when the governor has a place for it, and tells the governor and the observer how it went. */
export async function runGoverned<T>(
  { governor, onRequest }: Pick<EcrOptions, 'governor' | 'onRequest'>,
  { operation, host, signal }: GovernedRequest,
  send: () => Promise<T>,
  outcomes: Outcomes<T>,
): Promise<T> {
  const release = await governor?.acquire(host, signal ? { signal } : {});
  const startedMs = performance.now();
  const settle = (outcome: RequestOutcome): void => {
    release?.(outcome);
    onRequest?.({ operation, host, outcome, durationMs: performance.now() - startedMs });
  };
  try {
    const result = await send();
    settle(outcomes.ofResult(result));
    return result;
  } catch (error) {
    settle(outcomes.ofError(error));
    throw error;
  }
}
