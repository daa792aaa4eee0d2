import { ALPINE, DEBIAN } from '../releases.ts';
import { closing, compilerStep, type DockerfileFacts, officialTag } from './facts.ts';

/** Without a path of its own, a deployment installs below the sources. */
const BUNDLER =
  'BUNDLE_DEPLOYMENT=1 BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test RAILS_ENV=production';
const RAILS_SERVER = 'CMD ["bundle", "exec", "rails", "server", "-b", "0.0.0.0"]';

/** Ruby: gems with their extensions in one stage, without the groups of development; the last stage copies them. */
export function rubyDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('ruby', facts, 'slim-suite');
  const isRails = facts.framework === 'rails';
  return [
    `FROM ${base} AS build`,
    // The gem psych, which Rails loads, compiles against libyaml.
    compilerStep(facts, facts.base === 'alpine-base' ? 'yaml-dev' : 'libyaml-dev pkg-config'),
    `ENV ${BUNDLER}`,
    `WORKDIR ${facts.workdir}`,
    'COPY Gemfile Gemfile.lock ./',
    'RUN bundle install && rm -rf /usr/local/bundle/cache /usr/local/bundle/ruby/*/cache',
    'COPY . .',
    ...(isRails
      ? ['RUN if [ -d app/assets ]; then SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile; fi']
      : []),
    '',
    `FROM ${base}`,
    '# Libraries that gems load at run time (such as libpq5) are installed here.',
    `ENV ${BUNDLER}`,
    `WORKDIR ${facts.workdir}`,
    'COPY --from=build /usr/local/bundle /usr/local/bundle',
    `COPY --from=build --chown=10001 ${facts.workdir} ./`,
    'USER 10001',
    ...closing(facts, isRails ? RAILS_SERVER : 'CMD ["bundle", "exec", "puma"]'),
  ].join('\n');
}

const LARAVEL_WRITES = ['storage', 'bootstrap/cache'].map(
  (folder) => `COPY --from=build --chown=www-data:www-data /app/${folder} ./${folder}`,
);

/** PHP: Composer in a stage of its own; PHP-FPM on Alpine, which official images build without a compiler left over. */
export function phpDockerfile(facts: DockerfileFacts): string {
  const base =
    facts.base === 'alpine-base' ? `php:${facts.release}-fpm-alpine${ALPINE}` : `php:${facts.release}-fpm-${DEBIAN}`;
  return [
    'FROM composer:2 AS build',
    'WORKDIR /app',
    'COPY composer.json composer.lock ./',
    '# The extensions that packages ask for are those of the last stage, not of this one.',
    'RUN --mount=type=cache,target=/tmp/cache composer install --no-dev --no-scripts --no-autoloader --ignore-platform-reqs',
    'COPY . .',
    'RUN composer dump-autoload --no-dev --no-scripts --optimize',
    '',
    `FROM ${base}`,
    '# Extensions that the program needs: RUN docker-php-ext-install …, and purge what built them.',
    'WORKDIR /var/www/html',
    'COPY --from=build /app ./',
    ...(facts.framework === 'laravel' ? LARAVEL_WRITES : []),
    'USER www-data',
    ...closing({ ...facts, entrypoint: undefined, cmd: undefined }, 'CMD ["php-fpm"]'),
  ].join('\n');
}

/** .NET: published in the SDK's image; the last stage is the ASP.NET runtime without a shell (chiseled). */
export function dotnetDockerfile(facts: DockerfileFacts): string {
  const last = facts.base === 'alpine-base' ? `${facts.release}.0-alpine` : `${facts.release}.0-noble-chiseled`;
  const program = facts.program === 'dotnet' || !facts.program.endsWith('.dll') ? 'App.dll' : facts.program;
  return [
    `FROM mcr.microsoft.com/dotnet/sdk:${facts.release}.0 AS build`,
    'WORKDIR /src',
    'COPY *.csproj ./',
    'RUN --mount=type=cache,target=/root/.nuget/packages dotnet restore',
    'COPY . .',
    'RUN --mount=type=cache,target=/root/.nuget/packages dotnet publish -c Release -o /out --no-restore',
    '',
    ...(last.endsWith('chiseled') ? ['# Without ICU and time zones: …-chiseled-extra has them.'] : []),
    `FROM mcr.microsoft.com/dotnet/aspnet:${last}`,
    'WORKDIR /app',
    'COPY --from=build /out ./',
    'USER 1654',
    ...closing(facts, `ENTRYPOINT ["dotnet", "${program}"]`),
  ].join('\n');
}
