import { type Command, valuesOf } from '../../policy/shell.ts';
import { isSecret } from '../../secrets/find-secrets.ts';
import { isSecretName } from '../../secrets/redact.ts';

/** How a Go build sets variables of the program, such as its version. */
export interface LinkerFlags {
  /** The flags as `-ldflags` takes them: `-s -w -X main.version=$VERSION`. */
  readonly flags: string;
  /** The build arguments that the flags name. */
  readonly args: readonly string[];
}

/** `-X main.version=1.2`, also with quotes around what follows `-X`. */
const DEFINITION = /-X[ =]["']?([\w./-]*\.(\w+))=([^\s"']*)/g;
const LITERAL = /^[\w.:@/+-]+$/;
const ARGUMENT = /^\$\{?(\w+)\}?$/;

/**
 * Returns the flags that leave out debug information, and set the variables that the image's own build set. A value
 * from a command becomes a build argument named after the variable: what `git describe` reads is not in the context.
 */
export function linkerFlags(build: Command | undefined): LinkerFlags {
  const values = build ? valuesOf(build, '-ldflags', '--ldflags') : [];
  const definitions = [...(values.at(-1) ?? '').matchAll(DEFINITION)].flatMap(([, name = '', last = '', value = '']) =>
    isSecretName(last) || isSecret(last, value) ? [] : [definitionOf(name, last, value)],
  );
  return {
    flags: ['-s -w', ...definitions.map(({ flag }) => flag)].join(' '),
    args: [...new Set(definitions.flatMap(({ arg }) => arg ?? []))],
  };
}

function definitionOf(name: string, last: string, value: string): { flag: string; arg?: string } {
  if (LITERAL.test(value)) return { flag: `-X ${name}=${value}` };
  const arg = ARGUMENT.exec(value)?.[1] ?? last.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return { flag: `-X ${name}=$${arg}`, arg };
}
