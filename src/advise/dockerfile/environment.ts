import { readEnv } from '../../classify/context.ts';
import { assignments } from '../../classify/history/instruction.ts';
import type { ImageView } from '../../policy/image-view.ts';
import { isSecret } from '../../policy/secrets.ts';
import type { Command } from '../../policy/shell.ts';
import { ownSteps } from '../own-steps.ts';

/** What bases, package managers and compilers set or read: templates bring their own, or need none. */
const NOT_THE_PROGRAMS =
  /^(?:PATH|HOME|LANG|LANGUAGE|LC_ALL|DEBIAN_FRONTEND|NODE_ENV|VIRTUAL_ENV|JAVA_HOME|GPG_KEYS?|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|RAILS_ENV|CGO_ENABLED|GO(?:PATH|ROOT|BIN|OS|ARCH|PROXY|PRIVATE|SUMDB|NOSUMDB|FLAGS|CACHE|MODCACHE|TOOLCHAIN|111MODULE)|\w*(?:VERSION|SHA256|SHA512|CHECKSUM|_HOME|CACHE_DIR)|PYTHON_(?:GET_)?PIP_\w*|RUBY_DOWNLOAD_\w*|(?:PIP|POETRY|PIPENV|UV|PNPM|YARN|COREPACK|BUNDLE|COMPOSER|CARGO|RUSTUP|MAVEN|GRADLE|NUGET|NPM|npm|PHP|PHPIZE|APACHE)_\w*)$/;
/** Nothing that ends the quotes, and nothing that a Dockerfile replaces. */
const PLAIN_VALUE = /^[^"\\$`\p{Cc}\u2028\u2029]{1,500}$/u;
const BARE_VALUE = /^[\w./:@%+,=-]+$/;

/** The variables that the image's own steps set for the program, as ENV takes them; secrets and odd values are left out. */
export function ownEnvironment(view: ImageView): readonly string[] {
  const names = ownSteps(view).flatMap(({ verb, args }) => (verb === 'ENV' ? assignments(args) : []));
  const values = readEnv(view.image.config.env);
  return [...new Set(names.map(([name]) => name))].flatMap((name) => {
    const value = values.get(name) ?? '';
    const isKept = !NOT_THE_PROGRAMS.test(name) && PLAIN_VALUE.test(value) && !isSecret(name, value);
    return isKept ? [`${name}=${BARE_VALUE.test(value) ? value : `"${value}"`}`] : [];
  });
}

/** What was set for one command alone, as a shell takes it; secrets and odd values are left out, stand-ins are kept. */
export function ownVariables({ variables = [] }: Command): readonly string[] {
  return variables.flatMap((variable) => {
    const [, name = '', value = ''] = /^(\w+)=(["']?[^"']*)["']?$/.exec(variable) ?? [];
    const bare = value.replace(/^["']/, '');
    return BARE_VALUE.test(bare) && !isSecret(name, bare) ? [`${name}=${bare}`] : [];
  });
}
