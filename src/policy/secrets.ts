import { isSecretName, REDACTED, redact } from '../classify/redact.ts';

/** Values that stand for a secret that is given elsewhere: nothing, a switch, a variable, a template, a path, a mask. */
const NO_SECRET_VALUE = /^(?:|true|false|yes|no|none|null|\d{1,4}|\$.*|<.*|\{\{.*|\/.*|\*+|x+|redacted|\.{3}|…)$/i;

/** Whether a variable holds a secret: by its name with a real value, or by its value's form. */
export function isSecret(name: string, value: string): boolean {
  return !isPlaceholder(value) && (isSecretName(name) || redact(value) !== value);
}

function isPlaceholder(value: string): boolean {
  return NO_SECRET_VALUE.test(value.replace(/^["']|["']$/g, ''));
}

/** What stands before a hidden value: `NAME=`, `--flag `, `Header: `. */
const HIDDEN = new RegExp(`([A-Za-z_][\\w.-]{0,127})(?:=|:=|[ :]+)["']?${REDACTED.replaceAll('*', '\\*')}`, 'g');

/** What a text gives away: names whose values are secrets, or `credential` where only the form tells. Never a value. */
export function secretsIn(text: string): readonly string[] {
  const hidden = redact(text);
  if (hidden === text) return [];
  const names = [...new Set([...hidden.matchAll(HIDDEN)].map(([, name = '']) => name))];
  if (names.length === 0) return ['credential'];
  return names.filter((name) => !isPlaceholder(valueAfter(name, text)));
}

/** The value that follows a name. Names hold word characters, dots and dashes only, so they are safe in a pattern. */
function valueAfter(name: string, text: string): string {
  const value = `("[^"]*"|'[^']*'|[^\\s;&|]+)`;
  const pattern = new RegExp(`(?<![\\w.-])${name.replaceAll('.', '\\.')}(?:=|:=|[ :]+)${value}`);
  return pattern.exec(text)?.[1] ?? '';
}
