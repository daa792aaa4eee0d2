import { expect, test } from 'vitest';
import type { LayerSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const SINATRA = run("gem install sinatra -v '~> 4.1' && gem install puma rackup");

test('gems that the image installs by name are installed by name, without Bundler', () => {
  const text = dockerfile({ runtime: 'ruby', own: [SINATRA, copy('app.rb ./')] });
  expect(text).toContain(
    'WORKDIR /app\nRUN gem install sinatra -v "~> 4.1" && gem install puma rackup && rm -rf /usr/local/bundle/cache\nCOPY app.rb ./\n',
  );
  expect(text).not.toMatch(/Gemfile|BUNDLE_|has these steps/);
});

test.each<[string, readonly LayerSketch[]]>([
  ['it is called', [SINATRA, copy('. .'), run('bundle install')]],
  ['its list is copied', [copy('Gemfile* ./'), SINATRA]],
  ['another stage may have called it', [SINATRA, copy('/usr/local/bundle /usr/local/bundle')]],
  ['no gem is named', [copy('. .')]],
  ['a shell would read the words otherwise', [run('gem install "$(cat gems)"')]],
])('Bundler installs gems where %s', (_, own) => {
  expect(dockerfile({ runtime: 'ruby', own })).toContain('COPY Gemfile Gemfile.lock ./\nRUN bundle install');
});

test('gems beside those of Bundler are listed', () => {
  expect(dockerfile({ runtime: 'ruby', own: [SINATRA, copy('. .'), run('bundle install')] })).toContain('#   RUN ');
});

test('gems that are installed by name are listed where the Dockerfile has Bundler install those of the project', () => {
  const own = [run('gem install foreman'), copy('. .')];
  const step = '#   RUN /bin/sh -c gem install foreman';
  expect(dockerfile({ runtime: 'ruby', framework: 'rails', own })).toContain(step);
  expect(dockerfile({ runtime: 'ruby', own, config: { Cmd: ['bundle', 'exec', 'puma'] } })).toContain(step);
});

test('bash for Alpine leaves the note on the libraries that gems load', () => {
  const config = { Entrypoint: ['./start.sh'] };
  expect(dockerfile({ runtime: 'ruby', config }, 'alpine-base')).toContain(
    '# Install here the libraries that gems load at run time, such as libpq5.\n# Alpine has no bash',
  );
});

test('Rails has the folder of its pidfile, which the .dockerignore leaves out', () => {
  expect(dockerfile({ runtime: 'ruby', framework: 'rails' })).toContain('; fi\n# The .dockerignore');
  expect(dockerfile({ runtime: 'ruby', framework: 'rails' })).toContain('\nRUN mkdir -p log tmp/pids\n\nFROM ');
});

test('what the full base brings for builds is told, unless the image names the headers', () => {
  const note =
    "# The image's base also brings git, and headers such as libpq-dev: add those that installing needs.\nRUN ";
  expect(dockerfile({ runtime: 'ruby', variant: 'full' })).toContain(note);
  expect(dockerfile({ runtime: 'python', variant: 'full' })).toContain(note);
  expect(dockerfile({ runtime: 'ruby', variant: 'slim' })).not.toContain(note);
  const own = [run('apt-get update && apt-get install -y libpq-dev')];
  expect(dockerfile({ runtime: 'ruby', variant: 'full', own })).not.toContain(note);
});

test.each<[string, Parameters<typeof dockerfile>, boolean]>([
  [
    'a script of another distribution',
    [{ runtime: 'ruby', config: { Entrypoint: ['./start.sh'] } }, 'alpine-base'],
    true,
  ],
  ['bash', [{ runtime: 'python', config: { Cmd: ['/bin/bash', '-c', 'a | b'] } }, 'alpine-base'], true],
  [
    "a script of Alpine's own",
    [{ runtime: 'ruby', distro: { id: 'alpine' }, config: { Entrypoint: ['./start.sh'] } }, 'alpine-base'],
    false,
  ],
  ['a script on Debian, which has it', [{ runtime: 'ruby', config: { Entrypoint: ['./start.sh'] } }], false],
  ['no script', [{ runtime: 'ruby', config: { Cmd: ['ruby', 'app.rb'] } }, 'alpine-base'], false],
])('Alpine is given bash for what may need it: %s', (_, args, isGiven) => {
  expect(/apk add --no-cache bash\n/.test(dockerfile(...args))).toBe(isGiven);
});

test.each([
  [
    'where a step links it, as Rails has it',
    '/usr/local/lib/libjemalloc.so',
    'ln -s /usr/lib/$(uname -m)-linux-gnu/libjemalloc.so.2 /usr/local/lib/libjemalloc.so',
    'libjemalloc.so.2',
  ],
  ["by its path on one processor's Debian", '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2', 'true', 'libjemalloc.so.2'],
  [
    'in a folder where the loader does not look',
    '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
    'true',
    '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  ],
  ['by a path of its own', '/opt/profiler/lib.so', 'true', '/opt/profiler/lib.so'],
])('a library that is loaded first is named as the loader finds it: %s', (_, path, step, name) => {
  const text = dockerfile({
    runtime: 'ruby',
    own: [run(`apt-get update && apt-get install -y libjemalloc2 && ${step}`)],
    config: { Env: [`LD_PRELOAD=${path}`] },
    steps: [`ENV LD_PRELOAD=${path}`],
  });
  expect(text).toContain(`\nENV LD_PRELOAD=${name}\n`);
});
