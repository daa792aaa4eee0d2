import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { json } from '../../../src/report/formats/json.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { packed } from '../../support/packed-report.ts';

const page = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8');
const schema = JSON.parse(readFileSync(new URL('../../../config/report.schema.json', import.meta.url), 'utf8'));

describe.each(Object.values(KINDS))('report $name', (kind) => {
  test('is documented, column by column, in its order', () => {
    const [, section = ''] = page.split(`\n### ${kind.name}\n`);
    const documented = [...(section.split('\n### ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(documented).toEqual(kind.columns.map(({ name }) => name));
  });

  test('as JSON is what the schema says', async () => {
    const cells = kind.columns.map(({ type }) => (type === 'bytes' ? 12 : type === 'boolean' ? true : null));
    const rows = packed(kind.columns, [cells, cells]);
    const document = JSON.parse(await text(json({ kind: kind.name, columns: kind.columns, audit: null, rows })));
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...document, rows: 'none' })).toBe(false);
  });
});
