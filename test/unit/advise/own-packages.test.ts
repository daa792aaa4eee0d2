import { expect, test } from 'vitest';
import { ownPackages } from '../../../src/advise/own-packages.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { auditedImage } from '../../support/audited-image.ts';

function packagesOf(script: string) {
  const instruction = `RUN /bin/sh -c ${script} # buildkit`;
  return ownPackages(viewImage(auditedImage({ own: [{ instruction, class: 'os-packages', bytes: 1_000_000 }] })));
}

test.each([
  ['apt-get install -y libpq5 gcc && apt-get purge -y gcc', ['libpq5']],
  ['apt-get -y install libpq5 gcc && apt-get -y purge gcc', ['libpq5']],
  ['apk --no-cache add libpq gcc && apk --no-cache del gcc', ['libpq']],
  ['apk add --no-cache libpq && apk add --virtual .build gcc && apk del .build', ['libpq']],
  ['apk add --virtual=.build libpq gcc && apk del .build', []],
  ['apt-get install -y --only-upgrade libgnutls30 && apt-get install -y libpq5', ['libpq5']],
  ['dnf install -y https://rpms.example.com/release-9.rpm libpq:x86_64', ['libpq']],
])('%s leaves %j for the program', (script, run) => {
  expect(packagesOf(script).run).toEqual(run);
});

test('a build needs what its step removes again, and the program none of the libraries of such headers', () => {
  const script = 'apk add --virtual .build gcc libffi-dev && apk add libpq libxml2-dev && apk del .build';
  expect(packagesOf(script)).toMatchObject({
    run: ['libpq'],
    build: ['gcc', 'libffi-dev', 'libxml2-dev'],
    headers: ['libxml2-dev'],
  });
});

test('a version ends with its word, whatever characters are in it', () => {
  expect(packagesOf('apt-get install -y "libpq5=15\r" "curl=8\u2028"').run).toEqual(['libpq5']);
});
