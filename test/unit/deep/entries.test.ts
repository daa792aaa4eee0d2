import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryWriter, type LayerEntry, readEntries } from '../../../src/deep/entries.ts';

const path = () =>
  fc
    .array(fc.constantFrom('a', 'lib', 'größe', 'node_modules', '@x'), { maxLength: 6 })
    .map((names) => names.join('/'));
const hash = () => fc.stringMatching(/^[0-9a-f]{16}$/);

const entry = (): fc.Arbitrary<LayerEntry> =>
  fc.oneof(
    fc.record({
      path: path(),
      kind: fc.constant('file' as const),
      size: fc.maxSafeNat().map((n) => n + 1),
      hash: hash(),
      target: fc.constant(''),
    }),
    fc.record({
      path: path(),
      kind: fc.constantFrom('file' as const, 'directory' as const, 'other' as const),
      size: fc.constant(0),
      hash: fc.constant(''),
      target: fc.constant(''),
    }),
    fc.record({
      path: path(),
      kind: fc.constantFrom('symlink' as const, 'hardlink' as const),
      size: fc.constant(0),
      hash: fc.constant(''),
      target: fc.string(),
    }),
  );

function packed(entries: readonly LayerEntry[]): Uint8Array {
  const writer = new EntryWriter();
  for (const item of entries) writer.add(item);
  return writer.finish();
}

test('entries read back as written', () => {
  fc.assert(
    fc.property(fc.array(entry()), (entries) => {
      expect([...readEntries(packed(entries))]).toEqual(entries);
    }),
  );
});

test('a file in a deep folder takes few bytes beside its siblings', () => {
  const entries = Array.from({ length: 1_000 }, (_, at): LayerEntry => {
    const name = at.toString().padStart(4, '0');
    return {
      path: `app/node_modules/@example/package/dist/${name}.js`,
      kind: 'file',
      size: 900,
      hash: '00112233445566ff',
      target: '',
    };
  });
  expect(packed(entries).length / entries.length).toBeLessThan(22);
});
