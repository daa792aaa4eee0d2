import table from '../../config/frameworks.json' with { type: 'json' };
import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import { type Conclusion, inferred } from './verdict.ts';

/** In order of precedence. @see config/frameworks.json */
const RULES = table.frameworks.map(({ name, pattern }) => ({ name, pattern: new RegExp(pattern) }));

const MAX_STEP_LENGTH = 2_000;

/** Labels of buildpacks that name a framework. */
const FRAMEWORK_LABELS: readonly string[] = ['org.springframework.boot.version'];

/** The framework, if the entrypoint, the environment, a label or the image's own steps show one. */
export function findFramework({ input, env, own }: Context): Conclusion<string> | undefined {
  const { entrypoint, cmd } = input.config;
  return (
    firstRule([`${entrypoint.join(' ')} ${cmd.join(' ')}`], 'entrypoint') ??
    firstRule([[...env.keys()].join(' ')], 'env') ??
    firstRule(
      FRAMEWORK_LABELS.filter((label) => Object.hasOwn(input.config.labels, label)),
      'label',
    ) ??
    firstRule(
      own.map((step) => step.args),
      'history',
    )
  );
}

function firstRule(texts: readonly string[], evidence: string): Conclusion<string> | undefined {
  const rule = RULES[Math.min(RULES.length, ...texts.map(ruleOf))];
  return rule && inferred(rule.name, evidence);
}

/** The index of the first rule that matches a text; the number of rules if none does. */
const ruleOf = remember((text) => {
  const part = text.slice(0, MAX_STEP_LENGTH);
  const first = RULES.findIndex(({ pattern }) => pattern.test(part));
  return first < 0 ? RULES.length : first;
});
