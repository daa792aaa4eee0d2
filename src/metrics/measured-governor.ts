import type { RequestGovernor } from '../registry/registry.ts';
import type { Metrics } from './metrics.ts';

/** The same governor, with its waits and the outcomes of requests counted. */
export function measuredGovernor(
  governor: RequestGovernor,
  metrics: Pick<Metrics, 'countRequest' | 'observeWait'>,
): RequestGovernor {
  return {
    async acquire(registry, options) {
      const askedMs = performance.now();
      const release = await governor.acquire(registry, options);
      metrics.observeWait(registry, performance.now() - askedMs);
      return (outcome) => {
        metrics.countRequest(registry, outcome.status);
        release(outcome);
      };
    },
  };
}
