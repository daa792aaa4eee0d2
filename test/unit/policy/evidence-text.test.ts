import { expect, test } from 'vitest';
import { evidenceLines, shortEvidence } from '../../../src/policy/evidence-text.ts';
import type { Evidence } from '../../../src/policy/finding.ts';

test.each<[Evidence, string]>([
  [{ subject: 'DB_PASSWORD' }, 'DB_PASSWORD'],
  [{ layer: 0 }, 'layer 1'],
  [{ layer: 9, instruction: 'RUN npm ci', bytes: { min: 0, max: 13_000_000 } }, 'layer 10, up to 13.0 MB: RUN npm ci'],
  [{ layer: 1, subject: 'gcc', bytes: { min: 2_000, max: 2_000 } }, 'layer 2, 2.0 kB: gcc'],
  [{ layer: 1, bytes: { min: 1_000, max: 2_000 } }, 'layer 2, 1.0 kB to 2.0 kB'],
  [{ layer: 1, bytes: { min: 2_000, max: 2_001 } }, 'layer 2, 2.0 kB'],
  [{ layer: 1, bytes: { min: 0, max: 0 } }, 'layer 2, 0 B'],
])('%j reads %s', (evidence, line) => {
  expect(evidenceLines([evidence])).toEqual([line]);
});

test('a terminal gets the first few, none of them long', () => {
  const evidence = Array.from({ length: 6 }, (_, layer) => ({ layer, instruction: `RUN ${'x'.repeat(500)}` }));
  const lines = shortEvidence(evidence);
  expect(lines.length).toBe(5);
  expect(lines.at(-1)).toBe('and 2 more');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
});
