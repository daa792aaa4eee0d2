import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TECHNIQUES } from '../../../src/advise/technique.ts';
import { RULES } from '../../../src/policy/rule-registry.ts';

const RULE_IDS = RULES.map(({ id }) => id);

const PAGES = new URL('../../../docs/rules/', import.meta.url);

test.each(RULES.map((rule) => [rule.id, rule] as const))(
  '%s has a page: its severity, before and after',
  (id, rule) => {
    const page = readFileSync(new URL(`${id}.md`, PAGES), 'utf8');
    expect(page).toMatch(new RegExp(`^# ${id}\n`));
    expect(page).toContain(rule.title);
    expect(page).toContain(`**${rule.severity}**`);
    expect(page).toMatch(/Before:\n\n```[\s\S]+```\n\nAfter:\n\n```/);
  },
);

test('every page is of a rule, and the overview lists them all', () => {
  const pages = readdirSync(PAGES).filter((name) => name !== 'README.md');
  expect(pages.sort()).toEqual(RULE_IDS.map((id) => `${id}.md`).sort());
  const overview = readFileSync(new URL('README.md', PAGES), 'utf8');
  for (const id of RULE_IDS) expect(overview).toContain(`[${id}](${id}.md)`);
});

test('techniques fix findings of existing rules only', () => {
  for (const { rules } of TECHNIQUES) expect(RULE_IDS).toEqual(expect.arrayContaining([...rules]));
});
