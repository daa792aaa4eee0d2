import { expect, test } from 'vitest';
import type { ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile } from '../../support/dockerfiles.ts';

test.each<[string, ImageSketch, string]>([
  [
    'Rails',
    { runtime: 'ruby', framework: 'rails', config: { WorkingDir: '/rails' } },
    'COPY --from=build --chown=10001 /rails /rails\nWORKDIR /rails\nUSER 10001\n',
  ],
  [
    'a Node.js program that was given its files',
    { runtime: 'node', own: [copy('--chown=node:node . .')] },
    'COPY --from=build --chown=node:node /app /app\nWORKDIR /app\n',
  ],
  [
    'a Node.js program that was given none',
    { runtime: 'node', own: [copy('. .')] },
    'WORKDIR /app\nCOPY --from=build /app ./\n',
  ],
  [
    'Laravel',
    { runtime: 'php', framework: 'laravel' },
    'install -d -o www-data -g www-data storage storage/logs bootstrap/cache\n',
  ],
])('who writes in a folder owns it: %s', (_, sketch, lines) => {
  expect(dockerfile(sketch)).toContain(lines);
});
