import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import { type Conclusion, inferred } from './verdict.ts';

interface FrameworkRule {
  readonly name: string;
  readonly pattern: RegExp;
}

/**
 * In order of precedence. Patterns match commands that start the application, or steps that only this framework needs.
 */
const RULES: readonly FrameworkRule[] = [
  { name: 'Next.js', pattern: /(?<![\w.-])next (?:start|build)\b|(?<=^|[\s/'"])\.next(?=[\s/'"]|$)/ },
  { name: 'Nuxt', pattern: /(?<![\w.-])nuxt (?:start|build)\b|(?<=^|[\s/])\.output(?=[\s/]|$)/ },
  { name: 'NestJS', pattern: /(?<![\w.-])nest (?:start|build)\b/ },
  {
    name: 'FastAPI',
    pattern: /(?<![\w.-])(?:fastapi run|fastapi\b.*uvicorn|uvicorn\b.*fastapi|pip3? install[^;&|]*\bfastapi)\b/,
  },
  {
    name: 'Django',
    pattern: /(?<![\w.-])(?:manage\.py|django-admin)\b|\bDJANGO_SETTINGS_MODULE\b|\bwsgi:application\b/,
  },
  { name: 'Flask', pattern: /(?<![\w.-])flask run\b|\bFLASK_APP\b|pip3? install[^;&|]*\bflask\b/i },
  {
    name: 'Spring Boot',
    pattern: /\borg\.springframework\.boot\b|\bspring-boot\b|\bSPRING_PROFILES_ACTIVE\b|\bJarLauncher\b/,
  },
  { name: 'Quarkus', pattern: /\bquarkus-(?:app|run)\b|\bQUARKUS_|-Dquarkus\./ },
  { name: 'Rails', pattern: /(?<![\w.-])(?:bin\/)?rails (?:server|s|assets:precompile)\b|\bRAILS_ENV\b/ },
  { name: 'Laravel', pattern: /\bphp artisan\b/ },
  { name: 'Symfony', pattern: /\bbin\/console\b|\bsymfony server/ },
  { name: 'ASP.NET Core', pattern: /\bASPNET(?:CORE)?_VERSION\b/ },
  { name: 'Phoenix', pattern: /\bmix phx\.|\bPHX_SERVER\b/ },
  { name: 'Micronaut', pattern: /\bMICRONAUT_/ },
  { name: 'Streamlit', pattern: /(?<![\w.-])streamlit run\b/ },
  { name: 'Sinatra', pattern: /\bgem install\b[^;&|]*\bsinatra\b/ },
  { name: 'Express', pattern: /\bnpm (?:install|i)\b[^;&|]*\bexpress\b/ },
];

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
