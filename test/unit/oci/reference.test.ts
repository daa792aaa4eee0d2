import { expect, test } from 'vitest';
import { parseReference, parseRegistryHost } from '../../../src/oci/reference.ts';

test.each(['localhost:99999', '[::::]', '[1.2.3]', '1.2.3.4.5', '999.1.1.1:5000'])(
  'a registry that no URL can name is refused as it is written: %s',
  (host) => {
    const refused = expect.objectContaining({ code: 'invalid-reference' });
    expect(() => parseRegistryHost(host)).toThrow(refused);
    expect(() => parseReference(`${host}/app:1`)).toThrow(refused);
  },
);

test.each(['localhost:65535', '[::1]:5000', '127.0.0.1', 'registry.example.com:80', 'my-registry'])(
  'a registry by name or address: %s',
  (host) => {
    expect(parseRegistryHost(host)).toBe(host);
  },
);

test.each([
  ['registry.example.com', ['REGISTRY.example.com', 'registry.example.com:443', 'registry.example.com:0443']],
  ['registry.example.com:5000', ['registry.example.com:05000']],
  ['[::1]:5000', ['[0:0:0:0:0:0:0:1]:5000']],
  ['registry-1.docker.io', ['docker.io', 'index.docker.io', 'docker.io:443', 'registry.hub.docker.com']],
])('a registry has one form, however it is written: %s', (host, spellings) => {
  for (const spelling of spellings) {
    expect(parseRegistryHost(spelling)).toBe(host);
    expect(parseReference(`${spelling}/team/app:1`)).toMatchObject({ registry: host });
  }
});

test.each([
  'localhost',
  'localhost:5000',
  '127.0.0.1:5000',
  'registry.example.com',
  'registry.example.com/',
  '[::1]:5000',
])('a registry alone is no image of Docker Hub: %s', (text) => {
  expect(() => parseReference(text)).toThrow(`"${text}" is a registry, not an image: expected HOST/REPOSITORY:TAG`);
});

test.each([
  ['', ''],
  [':1', ''],
  ['My-App:1', 'My-App'],
])('what is no image of Docker Hub is refused as it is written: "%s"', (text, repository) => {
  expect(() => parseReference(text)).toThrow(`"${repository}" is not a repository: expected lower-case letters`);
});

test('an image is written without a scheme', () => {
  expect(() => parseReference('https://registry.example.com/app:1')).toThrow('write the image without https://');
});
