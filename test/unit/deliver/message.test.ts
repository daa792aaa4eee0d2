import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/deliver/audit-events.ts';
import { slackBody, webhookBody } from '../../../src/deliver/message.ts';
import { signatureOf } from '../../../src/deliver/webhook.ts';

const event: AuditEvent = {
  event: 'regression',
  audit: {
    id: 7,
    status: 'finished',
    sources: ['prod'],
    started_at: '2026-11-23T02:00:00Z',
    finished_at: '2026-11-23T02:10:00Z',
    repositories_listed: 3,
    tags_listed: 10,
    tags_audited: 9,
    tags_skipped: 1,
    tags_failed: 0,
    errors: 0,
    images: 4,
    stored_bytes: 1_500_000,
    logical_bytes: 3_000_000,
  },
  items: Array.from({ length: 12 }, (_, index) => ({
    name: index === 0 ? '<!channel>&' : `repository ${index}`,
    team: index === 0 ? '<!here>' : 'payments',
    message: index === 0 ? '<https://example.com>' : 'grew by 40 %',
    bytes: 1_500_000,
  })),
  items_total: 30,
};

test('a message names the first items and counts the others', () => {
  const { text } = JSON.parse(slackBody(event)) as { text: string };
  const lines = text.split('\n');
  expect(lines[0]).toBe('slimboard audit 7 of prod: 30 repositories grew');
  expect(lines[2]).toBe('• `repository 1` [`payments`]: `grew by 40 %` (1.5 MB)');
  expect(lines.slice(-2)).toEqual([expect.stringContaining('repository 9'), '… and 20 more']);
  const ten = { ...event, items: event.items.slice(0, 10), items_total: 10 };
  expect(JSON.parse(slackBody(ten)).text.split('\n').at(-1)).toContain('repository 9');
});

test('an incomplete audit counts its errors, even if no listed tag failed', () => {
  const told = (audit: Partial<AuditEvent['audit']>): string => {
    const finished = {
      ...event,
      event: 'finished',
      audit: { ...event.audit, ...audit },
      items: [],
      items_total: 0,
    } as const;
    return JSON.parse(slackBody(finished)).text;
  };
  expect(told({})).toBe('slimboard audit 7 of prod: 9 of 10 tags audited, 0 failed; 1.5 MB stored');
  expect(told({ status: 'incomplete', errors: 1 })).toBe(
    'slimboard audit 7 of prod: 9 of 10 tags audited, 0 failed; 1.5 MB stored; incomplete: 1 error (slimboard report errors --audit 7)',
  );
});

test('the line of an image over budget does not repeat its size', () => {
  const item = {
    name: 'shop/cart:1',
    team: 'shop',
    message: 'The pull size is 290 MB, the budget allows 100 MB',
    bytes: 290_000_000,
  };
  const { text } = JSON.parse(slackBody({ ...event, event: 'budget', items: [item], items_total: 1 }));
  expect(text.split('\n')).toEqual([
    'slimboard audit 7 of prod: 1 image over budget',
    '• `shop/cart:1` [`shop`]: `The pull size is 290 MB, the budget allows 100 MB`',
  ]);
});

test('a failed audit names the report of its own errors, as there may be a later audit', () => {
  const { text } = JSON.parse(slackBody({ ...event, event: 'failed', items: [], items_total: 0 })) as { text: string };
  expect(text).toContain('see "slimboard report errors --audit 7"');
});

test('what Slack reads as a mention or a link is escaped, also in code', () => {
  const line = '• `&lt;!channel&gt;&amp;` [`&lt;!here&gt;`]: `&lt;https://example.com&gt;` (1.5 MB)';
  const [headline, first] = JSON.parse(
    slackBody({ ...event, audit: { ...event.audit, sources: ['registry.example.com/<!here>'] } }),
  ).text.split('\n');
  expect(headline).toBe('slimboard audit 7 of registry.example.com/&lt;!here&gt;: 30 repositories grew');
  expect(first).toBe(line);
});

test('text of an image is code, which mentions nobody and links nowhere', () => {
  const item = {
    name: 'shop/cart',
    team: '@all',
    message: 'grew by 12 %: `RUN\n` [log in](http://198.51.100.1) ![](http://198.51.100.1/a.png)',
    bytes: null,
  };
  const { text } = JSON.parse(slackBody({ ...event, items: [item], items_total: 1 })) as { text: string };
  const [, line = '', ...others] = text.split('\n');
  expect(others).toEqual([]);
  expect(line.replace(/`[^`]+`/g, 'CODE')).toBe('• CODE [CODE]: CODE');
});

test('a generic webhook receives the data', () => {
  expect(JSON.parse(webhookBody(event))).toEqual({ schema: 'slimboard.event/1', ...event });
});

test('the signature is the HMAC of time and body', () => {
  // printf '1.{}' | openssl dgst -sha256 -hmac secret
  expect(signatureOf('secret', 1, '{}')).toBe(
    'sha256=1122767b193110cfec322b6f199b599edbf608ed087f2d27afb0b97d99523908',
  );
});
