import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { packagePath } from '../../../src/package-root.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { auditedFleet } from '../../support/dashboard.ts';
import { BACKENDS } from '../../support/databases.ts';

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly rawSql: string }[];
}

/** Grafana's macros and variables, as it fills them in. */
function filledIn(sql: string): string {
  return sql.replace(/\$__timeFilter\((\w+)\)/g, "$1 > '2000-01-01'").replaceAll('$source', "'lab'");
}

test.each(BACKENDS)('every query of the Grafana example runs on $name', async ({ open }) => {
  const { panels } = JSON.parse(await readFile(packagePath('docs/examples/grafana/slimboard.json'), 'utf8')) as {
    panels: readonly Panel[];
  };
  const db = closedAfterTest(await open());
  await auditedFleet(db);
  const answers = new Map<string, number>();
  for (const { title, targets } of panels)
    for (const { rawSql } of targets) answers.set(title, (await db.query(filledIn(rawSql))).length);
  const empty = [...answers].filter(([, rows]) => rows === 0).map(([title]) => title);
  expect(answers.size).toBe(panels.length);
  expect(empty).toEqual(['Base images past their end of life']);
});
