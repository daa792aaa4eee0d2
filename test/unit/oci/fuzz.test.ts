import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInstruction } from '../../../src/classify/history/instruction.ts';
import { DEFAULT_LAYER_LIMITS } from '../../../src/deep/limits.ts';
import { TarReader } from '../../../src/deep/tar/tar-reader.ts';
import { SlimboardError } from '../../../src/errors.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import { parseImageConfig, readDate } from '../../../src/oci/image-config.ts';
import { digestedContent, parseManifest } from '../../../src/oci/manifest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { parseChallenges } from '../../../src/registry/auth/challenge.ts';
import { nextPage } from '../../../src/registry/link.ts';
import { rateLimitsOf } from '../../../src/registry/rate-limit-headers.ts';
import { hideSecrets, secretsIn } from '../../../src/secrets/find-secrets.ts';
import { withoutSecrets } from '../../../src/secrets/without-secrets.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../../support/fuzz.ts';
import { headerBlock, sealed } from '../../support/tar-entries.ts';

const base = new URL('https://registry.example.com/v2/_catalog');

/** Values that documents from outside must not be trusted with. */
const values = fc.oneof(
  fc.constantFrom(
    -1,
    2 ** 63,
    1.5,
    Number.MAX_VALUE,
    null,
    true,
    '',
    '\0',
    '\ud800',
    '0000-01-01T00:00:00Z',
    '9999-12-31',
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.jsonValue({ maxDepth: 3 }),
);
/** Documents with the very fields that are read. */
const fields = fc.constantFrom(
  ...[
    'mediaType',
    'schemaVersion',
    'config',
    'layers',
    'manifests',
    'digest',
    'size',
    'platform',
    'annotations',
    'subject',
  ],
  ...[
    'rootfs',
    'diff_ids',
    'history',
    'created',
    'created_by',
    'Env',
    'Labels',
    'Cmd',
    'User',
    'Healthcheck',
    '__proto__',
  ],
);
const { document } = fc.letrec<{ document: unknown; node: unknown }>((tie) => ({
  document: fc.dictionary(fields, tie('node'), { maxKeys: 6, noNullPrototype: true }),
  node: fc.oneof({ maxDepth: 4 }, values, tie('document'), fc.array(tie('document'), { maxLength: 3 })),
}));
const json = document.map((content) => JSON.stringify(content));
const signatures = fc.record({ formatLength: values, formatTail: values }).map((format) => {
  const header = Buffer.from(JSON.stringify(format)).toString('base64url');
  return Buffer.from(JSON.stringify({ signatures: [{ protected: header }] }));
});
const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.string({ unit: 'binary', maxLength: 200 });

/** Headers of a tar with any field, their checksum right; then anything. */
const tars = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((piece) => Buffer.from(piece)),
      fc
        .record({
          name: fc.string({ unit: 'binary', maxLength: 40 }),
          type: fc.constantFrom('0', '1', '2', '5', 'x', 'g', 'L', 'K', 'S', 'V', '\0', '\xff'),
          size: fc.oneof(
            fc.constantFrom('00000000010\0', '77777777777\0', '-1', '\x80\xff\xff', ''),
            fc.string({ unit: 'binary', maxLength: 12 }),
          ),
          linkName: fc.string({ unit: 'binary', maxLength: 40 }),
        })
        .map(headerBlock),
      fc.uint8Array({ minLength: 512, maxLength: 512 }).map((block) => sealed(Buffer.from(block))),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => Buffer.concat(pieces));

function readTar(bytes: Uint8Array): void {
  const reader = new TarReader(
    { open: () => undefined, data: () => undefined, close: () => undefined },
    DEFAULT_LAYER_LIMITS,
  );
  reader.write(Buffer.from(bytes));
  reader.end();
}

/** Each takes anything; what it refuses, it refuses by an error of our own. */
const PARSERS: readonly (readonly [string, fc.Arbitrary<string | Uint8Array>, (input: never) => unknown])[] = [
  ['manifests of bytes', bytes, (input: Uint8Array) => parseManifest(input)],
  ['manifests', json, (input: string) => parseManifest(input)],
  ['signed manifests of bytes', bytes, (input: Uint8Array) => digestedContent(input, MEDIA_TYPE.dockerSchema1Signed)],
  ['signed manifests', signatures, (input: Uint8Array) => digestedContent(input, MEDIA_TYPE.dockerSchema1Signed)],
  ['configs of bytes', bytes, (input: Uint8Array) => parseImageConfig(input)],
  ['configs', json, (input: string) => parseImageConfig(input)],
  ['contents to keep', json, (input: string) => withoutSecrets(Buffer.from(input))],
  ['references', text, (input: string) => parseReference(input)],
  ['digests', text, (input: string) => parseDigest(input)],
  ['platforms', text, (input: string) => parsePlatform(input)],
  ['dates', text, (input: string) => readDate(input)],
  ['challenges', text, (input: string) => parseChallenges(input)],
  ['links', text, (input: string) => nextPage(input, base)],
  ['history', text, (input: string) => parseInstruction(input)],
  [
    'limits',
    text,
    (input: string) => rateLimitsOf({ 'retry-after': input, 'ratelimit-remaining': input, date: input }, 0),
  ],
  ['tars', tars, readTar],
  ['tars of bytes', bytes, readTar],
  ['secrets', text, (input: string) => secretsIn(hideSecrets(input))],
];

test.each(PARSERS)(
  '%s of any kind parse, or are refused',
  (_what, inputs, parse) => {
    fc.assert(
      fc.property(inputs, (input) => {
        try {
          parse(input as never);
        } catch (error) {
          expect(error).toBeInstanceOf(SlimboardError);
        }
      }),
      { numRuns: fuzzRuns(400) },
    );
  },
  FUZZ_TIMEOUT_MS,
);
