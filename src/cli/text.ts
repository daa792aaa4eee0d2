/** Lines of a name and a value each, with the values below one another. */
export function factLines(facts: readonly (readonly string[])[]): readonly string[] {
  return facts.map(([name = '', value = '']) => `${name.padEnd(14)}${value}`);
}

/** Puts the item before a message, unless it begins with it: messages about a registry's content name it themselves. */
export function labelled(item: string, message: string): string {
  const [named = ''] = message.split(': ', 1);
  const isNamed = item === '' || named === item || named.endsWith(`/${item}`) || message.startsWith(`${item} `);
  return isNamed ? message : `${item}: ${message}`;
}

/** At most this many messages about failures are shown: `report errors`, or the JSON of a plan, has all. */
export const MAX_FAILURES_SHOWN = 10;

/** Why audits that were handed to the workers do not go on. */
export const NO_WORKER = 'no worker is connected to this Redis: audits go on when "slimboard worker" runs';
