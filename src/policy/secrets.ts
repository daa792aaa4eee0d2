import { isSecretName, REDACTED, redact } from '../classify/redact.ts';

/** Values that stand for a secret that is given elsewhere: nothing, a switch, a variable, a template, a path, a mask. */
const NO_SECRET_VALUE = /^(?:|true|false|yes|no|none|null|\d{1,4}|\$.*|<.*|\{\{.*|\/.*|\*+|x+|redacted|\.{3}|…)$/i;

/** Whether a variable holds a secret: by its name with a real value, or by its value's form. */
export function isSecret(name: string, value: string): boolean {
  const bare = value.replace(/^["']|["']$/g, '');
  if (NO_SECRET_VALUE.test(bare)) return false;
  return isSecretName(name) || redact(bare) !== bare;
}

const HIDDEN = new RegExp(`([A-Za-z_][\\w.-]{0,127})(?:=|:=|[ :]+)["']?${REDACTED.replaceAll('*', '\\*')}`, 'g');

/** What a text gives away: names whose values are secrets, or `credential` where only the form tells. Never a value. */
export function secretsIn(text: string): readonly string[] {
  const hidden = redact(text);
  if (hidden === text) return [];
  const names = new Set<string>();
  let nameless = true;
  for (const [, name = ''] of hidden.matchAll(HIDDEN)) {
    nameless = false;
    const [, value = ''] = new RegExp(`(?<![\\w.-])${name}(?:=|:=|[ :]+)("[^"]*"|'[^']*'|[^\\s;&|]+)`).exec(text) ?? [];
    if (isSecret(name, value)) names.add(name);
  }
  return nameless ? ['credential'] : [...names];
}
