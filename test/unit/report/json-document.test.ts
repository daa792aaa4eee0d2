import { expect, test } from 'vitest';
import { jsonDocument } from '../../../src/report/json-document.ts';

test('keys are in snake_case at every depth, and values stay as they are', () => {
  const plan = [{ technique: 'slim-base', slimScore: 90, after: { minBytes: 1, maxBytes: null } }];
  expect(jsonDocument('slimboard.test/1', { oldBytes: 1, already_so: 'workingDir', plan, missing: undefined })).toEqual(
    {
      schema: 'slimboard.test/1',
      old_bytes: 1,
      already_so: 'workingDir',
      plan: [{ technique: 'slim-base', slim_score: 90, after: { min_bytes: 1, max_bytes: null } }],
      missing: undefined,
    },
  );
});

test('keys that are data stay as they are, at every depth', () => {
  const data = {
    errors: { 'not-found': 2 },
    operations: { BatchGetImage: { min: 1, max: 2 } },
    options: { sources: [{ plainHttp: true }] },
  };
  const verdict = { ownLabels: { 'com.example.buildHost': 'ci', teamName: 'shop' } };
  expect(jsonDocument('slimboard.test/1', { ...data, verdict })).toEqual({
    schema: 'slimboard.test/1',
    ...data,
    verdict: { own_labels: verdict.ownLabels },
  });
});

test('a date stays one', () => {
  const date = new Date('2026-01-01T00:00:00Z');
  expect(jsonDocument('slimboard.test/1', { startedAt: date })).toMatchObject({ started_at: date });
});
