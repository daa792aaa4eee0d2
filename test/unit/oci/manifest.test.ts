import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { digestedContent, parseManifest } from '../../../src/oci/manifest.ts';
import { image, rawManifest, schema1, signed } from '../../support/image-builder.ts';

test('the digest of a signed schema 1 manifest covers the signed bytes only', () => {
  const { body, mediaType, digest } = schema1('team/app');
  expect(digestOf(body)).not.toBe(digest);
  const content = digestedContent(body, mediaType);
  expect(digestOf(content)).toBe(digest);
  expect(parseManifest(content, mediaType).form).toBe('schema1');
});

test('leaves out unsigned bytes, which no digest covers', () => {
  const { body, digest } = image();
  const forged = signed(body.toString(), '"layers":[],"forged":true,');
  expect(forged.body.toString()).toContain('forged');
  expect(digestOf(digestedContent(forged.body, forged.mediaType))).toBe(digest);
  expect(digestedContent(forged.body, forged.mediaType)).toEqual(body);
});

test.each([
  ['a manifest of today', image()],
  ['a schema 1 without signatures', rawManifest(schema1('a').mediaType, '{"schemaVersion":1}')],
])('%s is digested as it is', (_name, { body, mediaType }) => {
  expect(digestedContent(body, mediaType)).toEqual(body);
});

test.each(['[]', '{"signatures":[1]}', '{"signatures":[{}]}', '{"signatures":[{"protected":"e30"}]}'])(
  'a schema 1 that does not say what was signed: %s',
  (body) => {
    const { mediaType } = schema1('a');
    expect(() => digestedContent(Buffer.from(body), mediaType)).toThrow(
      expect.objectContaining({ code: 'malformed-content' }),
    );
  },
);

test('a document of an unknown media type that is no manifest is refused by that type', () => {
  const refusal = 'manifest: its media type "application/vnd.example.report+json" is not known';
  expect(() => parseManifest('{"items":[]}', 'application/vnd.example.report+json')).toThrow(refusal);
  expect(() => parseManifest('{"items":[]}', 'application/json')).toThrow('manifest.config: expected an object');
});
