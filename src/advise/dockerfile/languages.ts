import type { Runtime } from '../../classify/verdict.ts';

/** What the files beside the sources, and an image's own steps, are to the Dockerfile for a language. */
export interface Language {
  /** The lines of the .dockerignore that are the language's own. */
  readonly ignored: readonly string[];
  /**
   * Programs whose effects the template repeats: package managers and build tools. `corepack enable` is parsed as the
   * program `enable`, because `corepack` also precedes other programs.
   */
  readonly repeats: RegExp;
  /** Settings of package managers in which credentials for registries are kept, by their paths in the image. */
  readonly settings?: RegExp;
  /** Where the generated build reads them if that is elsewhere than in the image. */
  readonly settingsPath?: string;
}

const NODE: Language = {
  ignored: '**/node_modules dist .next coverage test tests **/*.test.* *.log'.split(' '),
  repeats: /^(?:npm|pnpm|yarn|bun|enable|prepare|prisma|turbo|nx|lerna|tsc|nest|next|vite|ng)$/,
  settings: /\/\.npmrc$/,
};

/** The languages for which there is a template. */
export const LANGUAGES: Readonly<Partial<Record<Runtime, Language>>> = {
  node: NODE,
  bun: NODE,
  python: {
    // Build backends read README.md.
    ignored: '!README.md .venv venv **/__pycache__ **/*.pyc .pytest_cache .mypy_cache .ruff_cache tests'.split(' '),
    repeats: /^(?:pip|uv|poetry|pipenv|venv|virtualenv)$/,
    settings: /\/(?:pip\.conf|\.netrc|\.pypirc)$/,
  },
  go: { ignored: ['bin', 'testdata', '**/*_test.go'], repeats: /^go$/, settings: /\/\.netrc$/ },
  rust: { ignored: ['target'], repeats: /^(?:cargo|rustup)$/ },
  java: {
    ignored: ['target', 'build', '.gradle'],
    repeats: /^(?:mvnw?|gradlew?)$/,
    settings: /\/(?:\.m2|conf)\/settings\.xml$/,
    settingsPath: '/root/.m2/settings.xml',
  },
  ruby: {
    ignored: ['log', 'tmp', 'vendor/bundle', 'spec', 'test', 'coverage'],
    repeats: /^(?:bundle|npm|yarn|enable)$/,
  },
  php: {
    ignored: ['auth.json', 'vendor', 'tests', 'storage/logs', 'node_modules'],
    repeats: /^(?:composer|pecl|docker-php-ext-\w+|a2enmod)$/,
    settings: /\/auth\.json$/,
    settingsPath: '/app/auth.json',
  },
  dotnet: { ignored: ['**/bin', '**/obj', '**/*.user', 'TestResults'], repeats: /^dotnet$/ },
};
