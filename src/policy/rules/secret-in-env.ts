import { isSecret } from '../../secrets/find-secrets.ts';
import { redact } from '../../secrets/redact.ts';
import { hitWithoutBytes } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { Rule } from '../rule.ts';

export const secretInEnv: Rule = {
  id: 'secret-in-env',
  severity: 'error',
  title: 'An environment variable of the image holds a secret',
  find: ({ image }) => {
    const evidence = image.config.env.flatMap(secretVariable);
    return hitWithoutBytes(
      evidence,
      'Everyone who can pull the image can read these variables: pass secrets at run time, or to a build with "RUN --mount=type=secret", and replace those that leaked',
    );
  },
};

function secretVariable(entry: string): Evidence[] {
  // A quick test that settles almost every variable.
  if (redact(entry) === entry) return [];
  const equals = entry.indexOf('=');
  if (equals < 0 || !isSecret(entry.slice(0, equals), entry.slice(equals + 1))) return [];
  return [{ subject: entry.slice(0, equals) }];
}
