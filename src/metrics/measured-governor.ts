import type { RequestGovernor } from '../registry/registry.ts';
import type { Metrics } from './metrics.ts';

/** Wraps a governor so that its waits and the outcomes of requests are counted. */
export function measuredGovernor(
  governor: RequestGovernor,
  metrics: Pick<Metrics, 'countRequest' | 'observeWait'>,
): RequestGovernor {
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
