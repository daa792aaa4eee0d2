/** Lines of a name and a value each, with the values below one another. */
export function factLines(facts: readonly (readonly string[])[]): readonly string[] {
  return facts.map(([name = '', value = '']) => `${name.padEnd(14)}${value}`);
}
