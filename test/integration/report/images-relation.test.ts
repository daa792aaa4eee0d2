import { expect, test } from 'vitest';
import { imagesRelation, SqlParameters } from '../../../src/report/kinds/kind.ts';
import { BACKENDS } from '../../support/databases.ts';

test.each(BACKENDS)('the images of an audit are selected within each part of the union, in $name', async ({ open }) => {
  const db = await open();
  try {
    const parameters = new SqlParameters();
    const relation = imagesRelation({ audit: { id: 1 }, parameters });
    const lines = await db.query<{ 'QUERY PLAN': string }>(`explain select * from ${relation} i`, parameters.values);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
    expect(plan).toContain('audit_source');
    // A join to the union would compare each of its rows, of which Postgres expects one in two hundred to match.
    expect(plan).not.toContain('audit_source.source_id');
  } finally {
    await db.close();
  }
});
