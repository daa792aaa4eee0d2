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
      'COPY dist /usr/share/nginx/html',
      'COPY site.conf /etc/nginx/conf.d/default.conf',
      'RUN chown -R 101:101 /var/cache/nginx /var/log/nginx /run',
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
  [
    'of a folder of an earlier stage',
    { own: [copy('/app/dist/* /usr/share/nginx/html/')] },
    'COPY --from=build /app/dist/* /usr/share/nginx/html/\n',
  ],
  ['at the root', { own: [copy('rootfs/ /')] }, 'COPY rootfs/ /\n'],
  ['that are started', { own: [copy('start /')], config: { Entrypoint: ['/start'] } }, 'COPY --chmod=0755 start /\n'],
  [
    'that are read by what is started',
    { own: [copy('site.tpl /etc/nginx/')], config: { Cmd: ['sh', '-c', 'envsubst < /etc/nginx/site.tpl && nginx'] } },
    'COPY site.tpl /etc/nginx/\n',
  ],
  [
    'that are started from their folder',
    { own: [copy('start.sh /app/')], config: { Cmd: ['./start.sh'], WorkingDir: '/app' } },
    'WORKDIR /app\nCOPY --chmod=0755 start.sh /app/\n',
  ],
  [
    'whose names have spaces',
    { own: [copy('["my site", "/srv/my site"]')] },
    '# Copy here what else the image copies.\n',
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

test.each<[string, ImageSketch]>([
  ['makes of templates', { own: [copy('site.conf.template /etc/nginx/templates/')] }],
  ['changes', { own: [copy('start.sh /')], config: { Entrypoint: ['/start.sh'] } }],
  ['reads for its owner alone', { own: [copy('certs/site.key /etc/nginx/certs/')] }],
])('settings that a start %s belong to the user', (_, more) => {
  expect(dockerfile(site(more), 'alpine-base')).toContain(
    'RUN chown -R 101:101 /var/cache/nginx /var/log/nginx /run /etc/nginx\n',
  );
});

test('steps that make, remove and link files of nginx are repeated, also in their folder', () => {
  const own = [
    { instruction: 'WORKDIR /usr/share/nginx/html' },
    run('rm -rf ./*'),
    run('mkdir /etc/nginx/sites && ln -s /etc/nginx/all/a.conf /etc/nginx/sites/a.conf'),
    copy('a.conf /etc/nginx/all/'),
  ];
  const text = dockerfile(site({ own, config: { WorkingDir: '/usr/share/nginx/html' } }), 'alpine-base');
  expect(text).toContain(
    'RUN rm -rf /usr/share/nginx/html/* && mkdir /etc/nginx/sites && ln -s /etc/nginx/all/a.conf /etc/nginx/sites/a.conf\n',
  );
  expect(text).not.toContain('The image also has these steps');
});

test.each<[string, ImageSketch]>([
  ['of another distribution', { distro: { id: 'rhel', version: '9' } }],
  ['that its own steps compiled', { steps: ['ENV NGINX_VERSION=1.31.3'] }],
])('nginx %s gets no Dockerfile: its files are elsewhere', (_, more) => {
  expect(dockerfile(site({ own: PAGES, ...more }))).toBe('');
});

test('what is installed on the edition without root is installed as root', () => {
  const baseNames = ['nginxinc/nginx-unprivileged:alpine'];
  const own = [run('apk add --no-cache jq'), ...PAGES];
  const config = { Env: ['NGINX_VERSION=1.31.3'], ExposedPorts: { '8080/tcp': {} } };
  const text = dockerfile(site({ baseNames, own, steps: ['EXPOSE map[8080/tcp:{}]'], config }), 'alpine-base');
  expect(text).toContain('FROM nginxinc/nginx-unprivileged:stable-alpine-slim\nUSER root\nRUN apk add --no-cache jq\n');
  expect(text).toContain('\nUSER 101:101\n');
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
