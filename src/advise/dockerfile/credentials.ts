import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { secretInEnv } from '../../policy/rules/secret-in-env.ts';
import type { Command } from '../../policy/shell.ts';
import { commandHoldsSecret, isSecretArgument, secretsIn } from '../../secrets/find-secrets.ts';
import { startOf } from '../start.ts';

const PLAIN_NAME = /^[\w.-]{1,64}$/;
/** What {@link secretsIn} calls a secret without a name. */
const UNNAMED = 'credential';

/** Returns the notes on what a Dockerfile leaves out because the image has credentials there; it never repeats them. */
export function credentialNotes(view: ImageView): readonly string[] {
  const ofBuild = buildCredentials(view);
  const named = plainNames(ofBuild).filter((name) => name !== UNNAMED);
  const variables = plainNames(secretInEnv.find(view)?.evidence.map(({ subject = '' }) => subject) ?? []);
  const { entrypoint, cmd } = startOf(view);
  return [
    ...(ofBuild.length > 0
      ? [
          `# The image's build takes credentials${named.length > 0 ? ` (${named.join(', ')})` : ''}: left out, with the steps that contain them.`,
          '# Give them to the steps that need them as build secrets: RUN --mount=type=secret,id=…,env=…',
        ]
      : []),
    ...(variables.length > 0
      ? [`# Left out, since these variables hold secrets: ${variables.join(', ')}. Pass them at run time.`]
      : []),
    ...([entrypoint, cmd].some(commandHoldsSecret)
      ? ['# Left out, since it holds a credential: the command that starts the image. Pass the credential at run time.']
      : []),
  ];
}

/** Whether a command's words hold a secret. */
export function holdsSecret({ program, words }: Command): boolean {
  return commandHoldsSecret([program, ...words]);
}

/** Returns the words of a command, or none if they hold a credential. */
export function withoutSecret(words: readonly string[]): readonly string[] {
  return commandHoldsSecret(words) ? [] : words;
}

/** Returns the names of the credentials in the image's own steps, and of build arguments that are named like some. */
function buildCredentials(view: ImageView): readonly string[] {
  const ofSteps = ownSteps(view).flatMap(({ verb, args }) => {
    if (verb === 'ARG') return args.split('=', 1).filter(isSecretArgument);
    return verb === 'RUN' ? secretsIn(args) : [];
  });
  const unnamed = view.own.some(({ commands }) => commands.some(holdsSecret));
  return unnamed ? [...ofSteps, UNNAMED] : ofSteps;
}

function plainNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name) => PLAIN_NAME.test(name)))];
}
