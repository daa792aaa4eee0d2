import type { CallOptions, RequestGovernor } from '../registry/registry.ts';
import type { Metrics } from './metrics.ts';

/** Wraps a governor so that its waits and the outcomes of requests are counted. */
export function measuredGovernor<Options extends CallOptions>(
  governor: RequestGovernor<Options>,
  metrics: Pick<Metrics, 'countRequest' | 'observeWait'>,
): RequestGovernor<Options> {
  return {
    async acquire(registry, options) {
      const startMs = performance.now();
      const release = await governor.acquire(registry, options);
      metrics.observeWait(registry, performance.now() - startMs);
      return (outcome) => {
        metrics.countRequest(registry, outcome.status);
        release(outcome);
      };
    },
  };
}
