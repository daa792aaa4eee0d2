import type { PlaceOptions, RequestGovernor } from '../registry/registry.ts';
import type { Metrics } from './metrics.ts';

/** Wraps a governor so that its waits and the outcomes of requests are counted. */
export function measuredGovernor(
  governor: RequestGovernor<PlaceOptions>,
  metrics: Pick<Metrics, 'countRequest' | 'observeWait'>,
): RequestGovernor<PlaceOptions> {
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
