import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LAYER_LIMITS } from '../../../../src/deep/limits.ts';
import { type TarEntry, TarReader } from '../../../../src/deep/tar/tar-reader.ts';
import { MalformedContentError, SlimboardError, TooLargeError } from '../../../../src/errors.ts';
import { headerBlock, padded, sealed, tarOfEntries } from '../../../support/tar-entries.ts';

const END = Buffer.alloc(1_024);

type Read = TarEntry & { readonly content: string };

function read(chunks: readonly Buffer[], limits = {}): readonly Read[] {
  const found: Read[] = [];
  let entry: TarEntry | undefined;
  let content: Buffer[] = [];
  const sink = {
    open: (opened: TarEntry) => {
      entry = opened;
      content = [];
    },
    data: (piece: Buffer) => {
      content.push(Buffer.from(piece));
    },
    close: () => {
      if (entry) found.push({ ...entry, content: Buffer.concat(content).toString() });
    },
  };
  const reader = new TarReader(sink, { ...DEFAULT_LAYER_LIMITS, ...limits });
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return found;
}

const brief = (entries: readonly Read[]) =>
  entries.map(({ kind, path, target, size, content }) => ({ kind, path, target, size, content }));

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length++;
  return `${length}${rest}`;
}

const paxHeader = (records: string, type = 'x') => [
  headerBlock({ type, size: `${Buffer.byteLength(records).toString(8).padStart(11, '0')}\0` }),
  padded(records),
];

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

describe('what other encoders write', () => {
  test('files, folders, links and devices', async () => {
    const tar = await tarOfEntries([
      { name: 'app/', type: 'directory', mode: 0o755 },
      { name: 'app/main', mode: 0o4755, content: 'program' },
      { name: 'app/twin', type: 'link', linkname: './app/main' },
      { name: 'app/link', type: 'symlink', linkname: '../etc/x' },
      { name: 'dev/null', type: 'character-device' },
      { name: 'empty', content: '' },
    ]);
    expect(brief(read([tar]))).toEqual([
      { kind: 'directory', path: 'app', target: '', size: 0, content: '' },
      { kind: 'file', path: 'app/main', target: '', size: 7, content: 'program' },
      { kind: 'hardlink', path: 'app/twin', target: 'app/main', size: 0, content: '' },
      { kind: 'symlink', path: 'app/link', target: '../etc/x', size: 0, content: '' },
      { kind: 'other', path: 'dev/null', target: '', size: 0, content: '' },
      { kind: 'file', path: 'empty', target: '', size: 0, content: '' },
    ]);
    expect(read([tar])[1]?.mode).toBe(0o4755);
  });

  test('names over 100 bytes, by prefix and by pax', async () => {
    const prefixed = `${'d'.repeat(90)}/${'f'.repeat(90)}`;
    const pax = `${'größe/'.repeat(60)}file`;
    const tar = await tarOfEntries([
      { name: prefixed, content: 'a' },
      { name: pax, content: 'b' },
    ]);
    expect(read([tar]).map(({ path }) => path)).toEqual([prefixed, pax]);
  });

  test('wherever the stream is cut, the entries are the same', async () => {
    const tar = await tarOfEntries([
      { name: 'a', content: 'x'.repeat(1_500) },
      { name: 'n'.repeat(300), content: 'y'.repeat(512) },
      { name: 'c', type: 'symlink', linkname: 'l'.repeat(200) },
    ]);
    const whole = read([tar]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 })), (sizes) => {
        expect(read(cut(tar, sizes))).toEqual(whole);
      }),
    );
  });
});

describe('forms that few encoders write', () => {
  test('long names and targets of GNU tar', () => {
    const name = 'n'.repeat(150);
    const target = 't'.repeat(150);
    const tar = [
      headerBlock({ type: 'L', size: '00000000227\0' }),
      padded(`${name}\0`),
      headerBlock({ type: 'K', size: '00000000227\0' }),
      padded(`${target}\0`),
      headerBlock({ type: '2', name: 'short' }),
    ];
    expect(brief(read(tar))).toEqual([{ kind: 'symlink', path: name, target, size: 0, content: '' }]);
  });

  test('a global header applies until it is overridden', () => {
    const global = paxHeader(paxRecord('path', 'everywhere'), 'g');
    const own = paxHeader(paxRecord('path', 'here'));
    const tar = [...global, headerBlock({}), ...own, headerBlock({}), headerBlock({})];
    expect(read(tar).map(({ path }) => path)).toEqual(['everywhere', 'here', 'everywhere']);
  });

  test('a size in a pax header overrides the field', () => {
    const tar = [...paxHeader(paxRecord('size', '5')), headerBlock({}), padded('hello')];
    expect(brief(read(tar))).toEqual([{ kind: 'file', path: 'file', target: '', size: 5, content: 'hello' }]);
  });

  test('a size in base 256', () => {
    const size = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
    expect(read([headerBlock({ size }), padded('hello')])[0]?.content).toBe('hello');
  });

  test('a sparse file has its real name and the bytes that are stored', () => {
    const records = [
      paxRecord('GNU.sparse.major', '1'),
      paxRecord('GNU.sparse.name', 'disk.img'),
      paxRecord('GNU.sparse.realsize', '999999'),
    ];
    const tar = [
      ...paxHeader(records.join('')),
      headerBlock({ name: './GNUSparseFile.0/disk.img', size: '00000000003\0' }),
      padded('1\n0'),
    ];
    expect(read(tar)).toMatchObject([{ path: 'disk.img', size: 3 }]);
  });

  test('the map of an old GNU sparse file may continue in further blocks', () => {
    const header = headerBlock({ type: 'S', size: '00000000005\0' });
    header[482] = 1;
    const more = Buffer.alloc(512);
    more[504] = 1;
    const tar = [sealed(header), more, Buffer.alloc(512), padded('hello'), headerBlock({ name: 'next' })];
    expect(read(tar).map(({ path, content }) => `${path}:${content}`)).toEqual(['file:hello', 'next:']);
  });

  test('links and folders have no content, whatever their size says', () => {
    const tar = [headerBlock({ type: '5', size: '00000001000\0' }), headerBlock({ name: 'next' })];
    expect(read(tar).map(({ path }) => path)).toEqual(['file', 'next']);
  });

  test('before POSIX, a trailing slash meant a folder', () => {
    expect(read([headerBlock({ name: 'old/', type: '\0' })])[0]?.kind).toBe('directory');
  });

  test('some old writers summed signed bytes', () => {
    const block = headerBlock({ name: 'é' });
    const signed = Number.parseInt(block.toString('latin1', 148, 154), 8) - 2 * 256;
    block.write(signed.toString(8).padStart(6, '0'), 148);
    expect(read([block]).map(({ path }) => path)).toEqual(['é']);
  });

  test('a type that no runtime unpacks is counted, its content skipped', () => {
    const tar = [headerBlock({ type: 'Z', size: '00000000005\0' }), padded('hello'), headerBlock({ name: 'next' })];
    expect(read(tar).map(({ kind }) => kind)).toEqual(['other', 'file']);
  });

  test('bytes after the end are ignored', () => {
    expect(read([headerBlock({}), END, Buffer.from('rubbish'.repeat(200))])).toHaveLength(1);
  });
});

describe('hostile tars', () => {
  const broken = headerBlock({});
  broken[0] = 0x7f;
  test.each<[string, readonly Buffer[]]>([
    ['a wrong checksum', [broken]],
    ['text', [Buffer.from('no tar '.repeat(200))]],
    ['an end within content', [headerBlock({ size: '00000001000\0' }), Buffer.alloc(10)]],
    ['an end within a header', [headerBlock({}).subarray(0, 100)]],
    ['an end within a sparse map', [sealed(Buffer.from(headerBlock({ type: 'S' })).fill(1, 482, 483))]],
    ['a negative size', [headerBlock({ size: Buffer.alloc(12, 0xff) })]],
    ['a size of 2^63', [headerBlock({ size: Buffer.from([0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]) })]],
    ['a size that is no number', [headerBlock({ size: '99999999999\0' })]],
    ['a pax size beyond any number', [...paxHeader(paxRecord('size', '9'.repeat(16))), headerBlock({})]],
    ['a pax size that is negative', [...paxHeader(paxRecord('size', '-1')), headerBlock({})]],
    ['pax records that overrun', [...paxHeader('99 path=x\n'), headerBlock({})]],
    ['pax records of no length', [...paxHeader('0 path=x\n'), headerBlock({})]],
    ['pax records without an equals sign', [...paxHeader('7 path\n'), headerBlock({})]],
    ['entries after the end', [headerBlock({}), Buffer.alloc(512), headerBlock({})]],
  ])('%s is malformed', (_, tar) => {
    expect(() => read(tar)).toThrow(MalformedContentError);
  });

  test.each<[string, readonly Buffer[], object]>([
    ['entries', [headerBlock({}), headerBlock({})], { entries: 1 }],
    ['headers that no entry follows', Array.from({ length: 4 }, () => paxHeader('')).flat(), { entries: 3 }],
    ['a path', [...paxHeader(paxRecord('path', 'p'.repeat(5_000))), headerBlock({})], {}],
    ['a target', [...paxHeader(paxRecord('linkpath', 'p'.repeat(5_000))), headerBlock({ type: '2' })], {}],
    ['paths together', [headerBlock({ name: 'a/b' }), headerBlock({ name: 'a/c' })], { allPathsBytes: 5 }],
    ['targets, too', [headerBlock({ name: 'a', type: '2', linkName: 'bcdef' })], { allPathsBytes: 5 }],
    ['an extended header', [headerBlock({ type: 'x', size: '77777777777\0' })], {}],
    ['a long name', [headerBlock({ type: 'L', size: '77777777777\0' })], {}],
  ])('%s over the limit', (_, tar, limits) => {
    expect(() => read(tar, limits)).toThrow(TooLargeError);
  });

  test('any bytes are a tar or raise an expected error', async () => {
    const tar = await tarOfEntries([
      { name: 'n'.repeat(200), content: 'x'.repeat(700) },
      { name: 'b', type: 'link', linkname: 'a' },
    ]);
    const flips = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(flips, fc.boolean(), (changes, seal) => {
        const bytes = Buffer.from(tar);
        for (const [at, byte] of changes) bytes[at] = byte;
        for (let at = 0; seal && at < bytes.length; at += 512) sealed(bytes.subarray(at, at + 512));
        expectExpected(() => read([bytes], { entries: 50 }));
      }),
      { numRuns: 1_000 },
    );
  });
});

function expectExpected(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SlimboardError);
  }
}
