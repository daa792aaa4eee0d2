import { expect, test } from 'vitest';
import { startOf } from '../../../src/advise/start.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { auditedImage } from '../../support/audited-image.ts';

test.each([
  [
    ['sh', '-c', 'gunicorn app:app'],
    ['gunicorn', 'app:app'],
  ],
  [
    ['sh', '-c', 'exec gunicorn app:app'],
    ['gunicorn', 'app:app'],
  ],
  [
    ['/bin/bash', '-c', 'exec  node server.js'],
    ['node', 'server.js'],
  ],
  [
    ['sh', '-c', 'exec gunicorn $APP'],
    ['sh', '-c', 'exec gunicorn $APP'],
  ],
  [
    ['gunicorn', 'app:app'],
    ['gunicorn', 'app:app'],
  ],
])('a shell that only starts a program is left out: %j', (words, cmd) => {
  expect(startOf(viewImage(auditedImage({ config: { Cmd: words } })))).toEqual({ entrypoint: [], cmd });
});

test.each([
  [['node server.js'], ['node', 'server.js']],
  [['migrate && serve'], ['sh', '-c', 'migrate && serve']],
])('a shell gets its script from the command: %j', (script, cmd) => {
  const config = { Entrypoint: ['sh', '-c'], Cmd: script };
  expect(startOf(viewImage(auditedImage({ config })))).toEqual({ entrypoint: [], cmd });
});
