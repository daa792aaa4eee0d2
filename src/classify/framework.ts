import type { Context } from './context.ts';
import { remember } from './remember.ts';
import type { Judged } from './verdict.ts';

interface FrameworkRule {
  readonly name: string;
  readonly pattern: RegExp;
}

/** By what starts the application or by a step that only this framework needs. */
const RULES: readonly FrameworkRule[] = [
  { name: 'Next.js', pattern: /(?<![\w.-])next (?:start|build)\b|\.next(?:\/|\b)/ },
  { name: 'Nuxt', pattern: /(?<![\w.-])nuxt (?:start|build)\b|\.output\/server/ },
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
  { name: 'Quarkus', pattern: /\bquarkus-(?:app|run)\b|\bQUARKUS_/ },
  { name: 'Rails', pattern: /(?<![\w.-])(?:bin\/)?rails (?:server|s|assets:precompile)\b|\bRAILS_ENV\b/ },
  { name: 'Laravel', pattern: /\bphp artisan\b/ },
  { name: 'Symfony', pattern: /\bbin\/console\b|\bsymfony server/ },
  { name: 'ASP.NET Core', pattern: /\bASPNET(?:CORE)?_VERSION\b/ },
  { name: 'Phoenix', pattern: /\bmix phx\.|\bPHX_SERVER\b/ },
  { name: 'Express', pattern: /\bnpm (?:install|i)\b[^;&|]*\bexpress\b/ },
];

const MAX_STEP_LENGTH = 2_000;

/** The framework, where the entrypoint, the environment or the image's own steps show it. */
export function findFramework({ input, history, stack }: Context): Judged<string> | undefined {
  const { entrypoint, cmd, env } = input.config;
  const started = [...entrypoint, ...cmd].join(' ').slice(0, MAX_STEP_LENGTH);
  const names = env
    .map((entry) => entry.split('=', 1)[0])
    .join(' ')
    .slice(0, MAX_STEP_LENGTH);
  const sources = [
    ['entrypoint', [started]],
    ['env', [names]],
    ['history', history.steps.slice(stack.ownStart).map((step) => step.args)],
  ] as const;
  for (const [source, texts] of sources) {
    const rules = texts.map(ruleOf).filter((rule) => rule !== undefined);
    const [rule] = rules.sort((a, b) => RULES.indexOf(a) - RULES.indexOf(b));
    if (rule) return { value: rule.name, confidence: 'inferred', evidence: source };
  }
  return undefined;
}

const ruleOf = remember((text) => {
  const part = text.slice(0, MAX_STEP_LENGTH);
  return part === '' ? undefined : RULES.find(({ pattern }) => pattern.test(part));
});
