import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { measuredGovernor } from '../../../src/metrics/measured-governor.ts';
import { createMetrics } from '../../../src/metrics/metrics.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import type { QueueDepth } from '../../../src/queue/bullmq-queue.ts';
import type { RequestOutcome } from '../../../src/registry/registry.ts';

const host = parseRegistryHost('registry.example.com');

describe('metrics', () => {
  test('count items by outcome', async () => {
    const metrics = createMetrics();
    metrics.countItems('audited', 3);
    metrics.countItems('audited', 4);
    metrics.countAttempt('manifests', 'done', 300);
    metrics.countRequeued(2);
    metrics.observeWait(host, 300);
    const text = await metrics.text();
    expect(text).toContain('slimboard_governor_wait_seconds_bucket{le="1",registry="registry.example.com"} 1');
    expect(text).toContain('slimboard_governor_wait_seconds_bucket{le="0.1",registry="registry.example.com"} 0');
    expect(text).toContain('slimboard_process_cpu_seconds_total');
    expect(text).toContain('slimboard_scrape_failures_total 0');
    expect(text).toContain('slimboard_items_total{outcome="audited"} 7');
    expect(text).toContain('slimboard_task_attempts_total{kind="manifests",outcome="done"} 1');
    expect(text).toContain('slimboard_task_duration_seconds_bucket{le="1",kind="manifests"} 1');
    expect(text).toContain('slimboard_task_duration_seconds_bucket{le="0.25",kind="manifests"} 0');
    expect(text).toContain('slimboard_tasks_requeued_total 2');
  });

  test('read queues and audits at each scrape, and forget sources that are gone', async () => {
    const prod = { source: 'prod', ageSeconds: 3_600, durationSeconds: 60, running: false };
    const added = { source: 'new', ageSeconds: null, durationSeconds: null, running: true };
    let sources = [prod, added];
    const metrics = createMetrics({
      queues: async () => [{ kind: 'assess', lane: 'nightly', waiting: 5, active: 1, delayed: 0 }],
      audits: async () => sources,
    });
    const figuresOf = async (name: string) =>
      [...(await metrics.text()).matchAll(new RegExp(`^slimboard_${name}\\{(.*)\\} (.*)$`, 'gm'))].map(
        ([, labels, value]) => `${labels?.replaceAll('"', '')} ${value}`,
      );
    expect(await figuresOf('queue_tasks')).toEqual(
      ['waiting 5', 'active 1', 'delayed 0'].map((count) => `kind=assess,lane=nightly,state=${count}`),
    );
    expect(await figuresOf('audit_age_seconds')).toEqual(['source=prod 3600']);
    expect(await figuresOf('audit_duration_seconds')).toEqual(['source=prod 60']);
    expect(await figuresOf('audit_running')).toEqual(['source=prod 0', 'source=new 1']);
    sources = [prod];
    expect(await figuresOf('audit_running')).toEqual(['source=prod 0']);
  });

  test('a scrape returns what it can while the database is unavailable', async () => {
    const metrics = createMetrics({ audits: () => Promise.reject(new Error('away')) });
    metrics.countItems('failed', 1);
    const text = await metrics.text();
    expect(text).toContain('slimboard_items_total{outcome="failed"} 1');
    expect(text).toContain('slimboard_scrape_failures_total 1');
  });

  test('a scrape neither waits for an unavailable Redis nor queries it again before it has answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let answer: (depths: QueueDepth[]) => void = () => undefined;
    const queues = vi.fn(
      () =>
        new Promise<QueueDepth[]>((resolve) => {
          answer = resolve;
        }),
    );
    const metrics = createMetrics({ queues });
    const scrape = async () => {
      const text = metrics.text();
      await vi.advanceTimersByTimeAsync(3_000);
      return text;
    };
    metrics.countItems('failed', 1);
    await scrape();
    const text = await scrape();
    expect(text).toContain('slimboard_items_total{outcome="failed"} 1');
    expect(text).toContain('slimboard_scrape_failures_total 2');
    expect(queues).toHaveBeenCalledTimes(1);
    answer([]);
    await vi.advanceTimersByTimeAsync(0);
    const last = metrics.text();
    answer([{ kind: 'assess', lane: 'nightly', waiting: 5, active: 1, delayed: 0 }]);
    expect(await last).toContain('slimboard_queue_tasks{kind="assess",lane="nightly",state="waiting"} 5');
  });

  test('gauges that cannot be read are left out instead of showing old values', async () => {
    let isAway = false;
    const metrics = createMetrics({
      audits: async () => {
        if (isAway) throw new Error('away');
        return [{ source: 'prod', ageSeconds: 3_600, durationSeconds: 60, running: false }];
      },
    });
    expect(await metrics.text()).toContain('slimboard_audit_age_seconds{source="prod"} 3600');
    isAway = true;
    expect(await metrics.text()).not.toContain('source="prod"');
  });

  test('name a thousand registries, and the others together', async () => {
    const metrics = createMetrics();
    for (let n = 0; n < 1_500; n++) metrics.countRequest(parseRegistryHost(`r${n}.example.com`), 200);
    const text = await metrics.text();
    expect(text.match(/^slimboard_registry_requests_total\{/gm)).toHaveLength(1_001);
    expect(text).toContain('slimboard_registry_requests_total{registry="other",status="200"} 500');
  });

  test('two apps in one process count separately', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.countItems('audited', 1);
    expect(await other.text()).not.toContain('outcome="audited"');
  });
});

test('a measured governor counts waits and statuses, and passes everything on', async () => {
  const metrics = createMetrics();
  const outcomes: RequestOutcome[] = [];
  const asked: unknown[] = [];
  const acquire = async (...place: unknown[]) => {
    asked.push(place);
    vi.advanceTimersByTime(2_000);
    return (outcome: RequestOutcome) => void outcomes.push(outcome);
  };
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const governor = measuredGovernor({ acquire }, metrics);
  const release = await governor.acquire(host, { maxConcurrency: 1 });
  release({ status: 429, kind: 'throttled' });
  (await governor.acquire(host, { maxConcurrency: 1 }))({ kind: 'failed' });
  expect(asked).toEqual(Array(2).fill([host, { maxConcurrency: 1 }]));
  expect(outcomes).toEqual([{ status: 429, kind: 'throttled' }, { kind: 'failed' }]);
  const text = await metrics.text();
  expect(text).toContain('slimboard_registry_requests_total{registry="registry.example.com",status="429"} 1');
  expect(text).toContain('slimboard_registry_requests_total{registry="registry.example.com",status="none"} 1');
  expect(text).toContain('slimboard_governor_wait_seconds_count{registry="registry.example.com"} 2');
  expect(text).toContain('slimboard_governor_wait_seconds_sum{registry="registry.example.com"} 4');
});
