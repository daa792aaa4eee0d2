import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const MB = 1_000_000;

/** Pages on nginx's own image. */
function site(more: ImageSketch): ImageSketch {
  return {
    runtime: 'nginx',
    runtimeVersion: '1.31.3',
    distro: { id: 'debian', version: '13' },
    base: [{ instruction: 'ADD rootfs.tar /', bytes: 66 * MB }],
    ...more,
    config: { Env: ['NGINX_VERSION=1.31.3'], Entrypoint: ['/docker-entrypoint.sh'], ...more.config },
  };
}

const PAGES = [copy('dist /usr/share/nginx/html'), copy('site.conf /etc/nginx/conf.d/default.conf')];

test('pages on the image of nginx move to its edition without modules, and nginx runs without root', () => {
  expect(dockerfile(site({ own: PAGES }), 'alpine-base')).toBe(
    [
      '# syntax=docker/dockerfile:1',
      '# This edition has no modules, such as njs and GeoIP: where the settings load them, use stable-alpine.',
      'FROM nginx:stable-alpine-slim',
      'RUN chown -R 101:101 /var/cache/nginx /run',
      'COPY dist /usr/share/nginx/html',
      'COPY site.conf /etc/nginx/conf.d/default.conf',
      'USER 101:101',
      'CMD ["nginx", "-g", "daemon off;"]',
      '',
    ].join('\n'),
  );
});

test.each<[string, ImageSketch, string]>([
  [
    'of an earlier stage',
    { own: [copy('/app/dist /usr/share/nginx/html')] },
    'COPY --from=build /app/dist /usr/share/nginx/html\n',
  ],
  ['of the whole context', { own: [copy('. /usr/share/nginx/html')] }, 'COPY . /usr/share/nginx/html/\n'],
  [
    'whose names are unknown',
    { own: [copy(`file:${'a'.repeat(64)} in /etc/nginx/site.conf`)] },
    'COPY site.conf /etc/nginx/site.conf\n',
  ],
  [
    'that are scripts',
    { own: [copy('40-init.sh /docker-entrypoint.d/')] },
    'COPY --chmod=0755 40-init.sh /docker-entrypoint.d/\n',
  ],
])('files are copied, also those %s', (_, more, line) => {
  expect(dockerfile(site(more), 'alpine-base')).toContain(line);
});

test('what a start makes of templates is written to a folder of the user', () => {
  const own = [copy('site.conf.template /etc/nginx/templates/'), run('rm -rf /usr/share/nginx/html/*')];
  const text = dockerfile(site({ own }), 'alpine-base');
  expect(text).toContain(
    'RUN rm -rf /usr/share/nginx/html/*\nRUN chown -R 101:101 /var/cache/nginx /run /etc/nginx/conf.d\n',
  );
});

test('the edition that listens on port 8080 without root stays', () => {
  const config = { Env: ['NGINX_VERSION=1.31.3'], ExposedPorts: { '8080/tcp': {} } };
  const text = dockerfile(site({ own: PAGES, config }), 'alpine-base');
  expect(text).toContain('FROM nginxinc/nginx-unprivileged:stable-alpine-slim\nCOPY dist');
  expect(text).toContain('USER 101:101\nEXPOSE 8080\n');
});

test.each<[number, string[]]>([
  [26 * MB, ['alpine-base']],
  [6 * MB, []],
])('of an image on Alpine of %d bytes, the plan is %j', (bytes, techniques) => {
  const alpine = { variant: 'alpine', distro: { id: 'alpine', version: '3.24' } } as const;
  const image = auditedImage(site({ ...alpine, base: [{ instruction: 'ADD rootfs.tar /', bytes }], own: PAGES }));
  const { plan } = adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
  expect(plan.map(({ technique }) => technique)).toEqual(techniques);
});
