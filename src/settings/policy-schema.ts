import * as z from 'zod';
import { parseBytes } from '../common/units.ts';
import { LIMITS } from '../policy/check-image.ts';
import { parseGoal } from '../policy/goal.ts';
import { RULES } from '../policy/rule-registry.ts';
import { choice, glob, globs, integer, keys, list, oneOrMore, parsed, text, unknownKey } from './fields.ts';

const bytes = parsed('300MB', parseBytes);

/** Whose images a budget or an exception is about. */
const owners = {
  // Any text, not only a configured name: a team may also come from a tag in the registry or from an image label.
  team: text('payments').exactOptional(),
  repository: glob.exactOptional(),
};

const budget = keys({
  ...owners,
  maxImageSize: bytes.exactOptional(),
  maxLayers: integer(1, 1_000).exactOptional(),
  goal: parsed('90%', parseGoal).exactOptional(),
  baseline: bytes.exactOptional(),
}).superRefine((entry, context) => {
  if (entry.baseline !== undefined && entry.goal === undefined)
    context.addIssue({ code: 'custom', message: 'baseline needs a goal, such as goal: 90%' });
  const limits = [entry.maxImageSize, entry.maxLayers, entry.goal].filter((limit) => limit !== undefined);
  if (limits.length > 0) return;
  context.addIssue({
    code: 'custom',
    message: 'expected maxImageSize, maxLayers or goal, such as maxImageSize: 300MB',
  });
});

/** The rules, which have a severity. */
const RULE_IDS = RULES.map(({ id }) => id);
/** What images may violate, and exceptions may accept. */
const VIOLATIONS = [...RULE_IDS, ...LIMITS.map(({ id }) => id)];

const exception = keys({
  ...owners,
  rules: oneOrMore(choice(VIOLATIONS), '[root-user, max-image-size]').exactOptional(),
  until: z.iso.date({ error: 'expected a day, such as "2027-03-31"' }).exactOptional(),
  reason: text('"waits for the new runtime"', /\S/, 'why these violations are accepted'),
}).refine(({ rules, team, repository }) => (rules ?? team ?? repository) !== undefined, {
  error: 'expected rules, team or repository, such as rules: [root-user]',
});

/** The policy of the settings. */
export const policy = keys({
  goal: parsed('90%', parseGoal),
  budgets: list(budget, '[{ team: payments, maxImageSize: 300MB }]'),
  rules: z
    .record(
      z.string().refine((name) => RULE_IDS.includes(name)),
      choice(['off', 'info', 'warn', 'error']),
      {
        error: ({ code, input }) =>
          code === 'invalid_key'
            ? unknownKey(String(input), RULE_IDS)
            : 'expected rules and their severity, such as { root-user: warn }',
      },
    )
    .readonly(),
  allowedBases: globs,
  exceptions: list(exception, '[{ rules: [root-user], repository: "legacy/**", reason: "waits for the new runtime" }]'),
});
