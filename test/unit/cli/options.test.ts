import { expect, test } from 'vitest';
import { numberParser, parseAuditNumber } from '../../../src/cli/options.ts';

test('a text in place of a number is answered by a sentence', () => {
  expect(() => parseAuditNumber('latest')).toThrow(
    /^Expected the number of an audit, as listed by "slimboard report audits"\.$/,
  );
  expect(() => numberParser(/^\d$/, 'a digit')('10')).toThrow(/^Expected a digit\.$/);
});
