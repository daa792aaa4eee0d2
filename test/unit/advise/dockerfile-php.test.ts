import { expect, test } from 'vitest';
import type { ImageSketch, LayerSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const INI = 'mv "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"';
const LIMIT = 'echo "memory_limit=1G" > /usr/local/etc/php/conf.d/m.ini';
const SITES = `sed -ri -e 's!/var/www/html!\${APACHE_DOCUMENT_ROOT}!g' /etc/apache2/sites-available/*.conf`;
const ROOT = 'APACHE_DOCUMENT_ROOT=/var/www/html/public';

function apache(own: readonly LayerSketch[]): ImageSketch {
  return {
    runtime: 'php',
    own,
    steps: [`ENV ${ROOT}`],
    config: { Env: ['APACHE_CONFDIR=/etc/apache2', ROOT], Cmd: ['apache2-foreground'] },
  };
}

test("steps that change settings of PHP's official images are repeated, before the program's user", () => {
  const text = dockerfile({ runtime: 'php', own: [run(INI), run(LIMIT), copy('. .')] });
  expect(text).toContain(`RUN ${INI}\nRUN ${LIMIT}\nWORKDIR`);
  expect(text).not.toContain('has these steps');
});

test('Apache serves the folder that the image names, by the variable and the step that reads it', () => {
  const text = dockerfile(apache([run(SITES), copy('. .')]));
  expect(text).toContain(`ENV ${ROOT}\nRUN ${SITES}\nWORKDIR /var/www/html\n`);
});

test.each<[string, ImageSketch]>([
  ['another folder', { runtime: 'php', own: [run('sed -i s/a/b/ /etc/php/8.3/fpm/php.ini')] }],
  ['Apache, which does not run', { runtime: 'php', own: [run('sed -i s/a/b/ /etc/apache2/apache2.conf')] }],
  ['a file of the context', { runtime: 'php', own: [run('cp docker/php.ini /usr/local/etc/php/php.ini')] }],
  ['a variable of the build', { runtime: 'php', own: [run('echo "a=$LIMIT" > /usr/local/etc/php/conf.d/a.ini')] }],
  ['a substitution', { runtime: 'php', own: [run('echo "a=$(date)" > /usr/local/etc/php/conf.d/a.ini')] }],
  ['several lines', { runtime: 'php', own: [run('echo "a\nUSER root" > /usr/local/etc/php/conf.d/a.ini')] }],
  ['a document that follows', { runtime: 'php', own: [run(`${LIMIT} <<EOF`)] }],
  ['an escape at the end', { runtime: 'php', own: [run(`${LIMIT} \\`)] }],
  ['more than settings', { runtime: 'php', own: [run(`${LIMIT} && make install`)] }],
  [
    'a file that the image copied before',
    apache([
      copy('site.conf /etc/apache2/sites-available/'),
      run('sed -i s/a/b/ /etc/apache2/sites-available/site.conf'),
    ]),
  ],
])('other steps are not: %s', (_, sketch) => {
  expect(dockerfile(sketch)).not.toMatch(/^RUN (?:sed|echo|cp)/m);
});

test('a written setting that is not repeated is listed, though a variable names its folder', () => {
  const script = 'echo "memory_limit=1G" > "$PHP_INI_DIR/conf.d/m.ini" && chown -R www-data /var/www';
  expect(dockerfile({ runtime: 'php', own: [run(script)] })).toContain(`#   RUN /bin/sh -c ${script}`);
});

test.each<[string, readonly LayerSketch[], boolean]>([
  ['of Composer alone', [copy('/usr/bin/composer /usr/bin/composer'), copy('. .')], false],
  ['of more', [copy('/usr/bin/composer /usr/bin/composer'), copy('/app/public ./public')], true],
])('files from other images are noted as stages unless they are a tool: %s', (_, own, isNoted) => {
  expect(dockerfile({ runtime: 'php', multiStage: 'yes', own }).includes('has more stages')).toBe(isNoted);
});

const PACKAGED = run('apk add --no-cache php83 php83-fpm supervisor');

test.each([
  ['a supervisor', ['supervisord', '-c', '/etc/supervisord.conf']],
  ['a script', ['./start.sh']],
])("no Dockerfile moves a distribution's PHP that is started by %s: its settings name other programs", (_, Cmd) => {
  expect(dockerfile({ runtime: 'php', own: [PACKAGED], config: { Cmd } })).toBe('');
  expect(dockerfile({ runtime: 'php', config: { Cmd } })).not.toBe('');
});

const MAY_BE_LARGER = 'as a package of its distribution. If this one is larger, keep that base for the last stage.\n';

test.each<[string, Parameters<typeof dockerfile>, boolean]>([
  ['PHP in Apache', [{ runtime: 'php', own: [run('apt-get install -y php')], config: { Cmd: ['apachectl'] } }], true],
  ['PHP alone', [{ runtime: 'php', own: [PACKAGED], config: { Cmd: ['php', 'main.php'] } }], false],
  [
    'Node.js on Alpine',
    [{ runtime: 'node', distro: { id: 'alpine' }, own: [run('apk add nodejs npm')] }, 'alpine-base'],
    true,
  ],
  ['another package', [{ runtime: 'node', distro: { id: 'alpine' }, own: [run('apk add git')] }, 'alpine-base'], false],
])('an official image that may be larger than the package of a distribution is noted: %s', (_, args, isNoted) => {
  expect(dockerfile(...args).includes(MAY_BE_LARGER)).toBe(isNoted);
});

test('a project without a lock of Composer can be copied, and unzip stays with Composer', () => {
  const packages = { ...run('apt-get update && apt-get install -y git unzip libzip4'), class: 'os-packages' } as const;
  const text = dockerfile(apache([packages, copy('. .'), run('composer install')]));
  expect(text).toContain('COPY composer.json composer.loc[k] ./\n');
  expect(text).not.toContain('unzip');
  const locked = apache([copy('composer.json composer.lock ./'), run('composer install'), copy('. .')]);
  expect(dockerfile(locked)).toContain('COPY composer.json composer.lock ./\n');
});
