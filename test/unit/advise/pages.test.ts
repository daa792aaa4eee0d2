import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const MB = 1_000_000;
const FOREGROUND = ['nginx', '-g', 'daemon off;'];

/** A page that Node.js builds and nginx serves, in one stage. */
function page(build: string, more: Omit<ImageSketch, 'own'> = {}): ImageSketch {
  return {
    runtime: 'node',
    variant: 'full',
    distro: { id: 'debian', version: '12' },
    base: [{ instruction: 'ADD rootfs.tar /', bytes: 400 * MB }],
    own: [
      { ...run('apt-get update && apt-get install -y nginx'), bytes: 10 * MB, class: 'os-packages' },
      copy('package*.json ./'),
      { ...run('npm ci'), bytes: 90 * MB, class: 'dependencies' },
      copy('. .'),
      { ...run(build), bytes: 2 * MB },
      copy('nginx.conf /etc/nginx/conf.d/default.conf'),
      run('rm -f /etc/nginx/sites-enabled/default'),
    ],
    config: { WorkingDir: '/app', Cmd: FOREGROUND },
    ...more,
  };
}

test('Node.js stays behind where nginx alone is started: the last stage has its package, settings and pages', () => {
  const text = dockerfile(page('npm run build && cp -r dist/* /var/www/html/'));
  expect(text.slice(text.indexOf('FROM debian'))).toBe(
    [
      'FROM debian:trixie-slim',
      'RUN apt-get update && apt-get install -y --no-install-recommends nginx && rm -rf /var/lib/apt/lists/*',
      'RUN rm -f /etc/nginx/sites-enabled/default',
      'RUN chown -R 10001:10001 /var/lib/nginx /var/log/nginx /run',
      'COPY --from=build /app/dist /var/www/html',
      'USER 10001:10001',
      'COPY nginx.conf /etc/nginx/conf.d/default.conf',
      'CMD ["nginx", "-g", "daemon off;"]',
      '',
    ].join('\n'),
  );
});

test.each([
  ['mv build /usr/share/nginx/html', 'COPY --from=build /app/build /usr/share/nginx/html/build\n'],
  ['rm -rf /var/www/html && mv build /var/www/html', 'COPY --from=build /app/build /var/www/html\n'],
  ['cp -r dist/. /srv/site', 'COPY --from=build /app/dist /srv/site\n'],
  ['echo built', 'COPY --from=build /app/dist /app/dist\n'],
])('pages go to where the image has them: %s', (step, line) => {
  expect(dockerfile(page(`npm run build && ${step}`))).toContain(line);
});

test('the last stage of pages, which lacks Node.js, is not said to have it as another package', () => {
  const image = page('npm run build', { distro: { id: 'alpine', version: '3.22' } });
  const own = [run('apk add nginx npm'), ...(image.own ?? []).slice(1)];
  expect(dockerfile({ ...image, own }, 'alpine-base')).not.toContain('as a package of its distribution');
});

test.each<[string, Omit<ImageSketch, 'own'>, boolean]>([
  ['nginx alone', {}, true],
  ['nginx in a shell', { config: { Cmd: ['/bin/sh', '-c', "nginx -g 'daemon off;'"] } }, true],
  ['another program as well', { config: { Cmd: ['sh', '-c', "node api.js & nginx -g 'daemon off;'"] } }, false],
  ['a script', { config: { Cmd: ['/start.sh'] } }, false],
  ['Node.js', { config: { Cmd: ['node', 'server.js'] } }, false],
])('the plan drops Node.js and its packages if the image starts %s', (_, more, isDropped) => {
  const image = auditedImage(page('npm run build', more));
  const { plan } = adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
  const after = plan.at(-1)?.projection.after;
  expect((after?.max ?? Number.POSITIVE_INFINITY) < 50 * MB).toBe(isDropped);
  expect(dockerfile(page('npm run build', more)).includes('FROM debian')).toBe(isDropped);
});

test("pages on Debian's nginx are not moved to Alpine's, whose settings are in other folders", () => {
  const techniques = (more: Omit<ImageSketch, 'own'>) => {
    const image = auditedImage(page('npm run build', more));
    const goal = { kind: 'size', bytes: MB } as const;
    return adviseImage(image, findingsOf(image), knowledgeOf([]), goal).together.map((each) => each.techniques[1]);
  };
  expect(techniques({})).toEqual(['slim-base']);
  expect(techniques({ variant: 'alpine', distro: { id: 'alpine', version: '3.20' } })).toEqual(['alpine-base']);
});
