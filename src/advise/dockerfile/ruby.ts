import { asksVersion, runs } from '../../policy/shell.ts';
import { closingLines } from './closing.ts';
import { contextFolderOf, isAmong } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { officialTag, programFolderLines } from './lines.ts';
import { compilerSteps, knownRunPackages, runPackagesOr } from './packages.ts';

/**
 * Gems go to the folder whose programs are on the official images' PATH. BUNDLE_DEPLOYMENT or BUNDLE_PATH would put them
 * where a start by their names, such as `puma`, does not find them.
 */
const BUNDLER = 'BUNDLE_FROZEN=1 BUNDLE_WITHOUT=development:test ';
const FOLDERS_OF_RAILS = [
  '# The .dockerignore leaves them out, and Puma does not create the folder of its pidfile.',
  'RUN mkdir -p log tmp/pids',
];
const RAILS_SERVER = 'CMD ["bundle", "exec", "rails", "server", "-b", "0.0.0.0"]';

/** Returns a Dockerfile for Ruby: one stage builds the gems, without development groups; the last one copies them. */
export function rubyDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('ruby', facts, 'slim-suite');
  const isRails = facts.framework === 'rails';
  const { gems } = facts;
  const settings = `ENV ${gems ? '' : BUNDLER}${isRails ? 'RAILS' : 'RACK'}_ENV=production`;
  const scripts = scriptSteps(facts);
  const from = contextFolderOf(/^Gemfile/, facts);
  const gemfiles = [`${from}Gemfile`, `${from}Gemfile.lock`];
  return [
    `FROM ${base} AS build`,
    ...environmentLines({ env: facts.registries }),
    // The gem psych, which Rails loads, compiles against libyaml.
    ...compilerSteps(facts, [
      ...(facts.base === 'alpine-base' ? ['yaml-dev'] : ['libyaml-dev', 'pkg-config']),
      ...(scripts.length > 0 ? ['nodejs', 'npm'] : []),
      // Building the assets starts Rails, and may call Node.js.
      ...(isRails ? knownRunPackages(facts) : []),
    ]),
    settings,
    `WORKDIR ${facts.folder}`,
    ...(gems ? [] : [`COPY ${gemfiles.join(' ')} ./`]),
    `RUN ${(gems ?? ['bundle install']).join(' && ')} && rm -rf /usr/local/bundle/cache`,
    ...sourceSteps(facts, (source) => isAmong(gemfiles, source)),
    ...scripts,
    ...(isRails
      ? [
          'RUN if [ -d app/assets ]; then SECRET_KEY_BASE=dummy SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile; fi',
        ]
      : []),
    // The pages are built; the server does not read the packages that built them.
    ...(isRails && scripts.length > 0 ? ['RUN rm -rf node_modules'] : []),
    ...(isRails ? FOLDERS_OF_RAILS : []),
    '',
    `FROM ${base}`,
    ...runPackagesOr(facts, '# Install here the libraries that gems load at run time, such as libpq5.'),
    settings,
    ...environmentLines(facts),
    'COPY --from=build /usr/local/bundle /usr/local/bundle',
    // Programs write to log and tmp.
    ...programFolderLines({ ...facts, writesFolder: true }, '10001'),
    'USER 10001',
    ...closingLines(facts, isRails ? RAILS_SERVER : gems ? 'CMD ["ruby", "app.rb"]' : 'CMD ["bundle", "exec", "puma"]'),
  ].join('\n');
}

/** Returns the step that installs the packages of scripts and styles, if the image's own steps have one. */
function scriptSteps({ commands }: DockerfileFacts): readonly string[] {
  if (commands.some((command) => command.program === 'yarn' && !asksVersion(command))) {
    return ['RUN npm install -g yarn && yarn install --frozen-lockfile'];
  }
  return commands.some((command) => runs(command, ['npm'], ['ci', 'install'])) ? ['RUN npm ci'] : [];
}
