import { expect, test } from 'vitest';
import { runInProcess } from '../../support/program.ts';

/** Nothing answers there: a command that opened its database would fail with another exit code. */
const NO_DATABASE = { SLIMBOARD_DATABASE_URL: 'postgres://127.0.0.1:1/none' };

test.each([
  ['report images -o images.csv.gz', 'reports are not compressed'],
  ['leaderboard -o s3://', 'expected the path of a file, or s3://BUCKET/KEY'],
  ['report reclaim --lifecycle-policy -o {day}.json', 'unknown placeholder "{day}"'],
  ['report reclaim --lifecycle-policy --since soon', '--since'],
  ['report reclaim --lifecycle-policy --min-size 1GB', 'report reclaim cannot be limited by --min-size'],
  ['report images --since soon', '--since: "soon" is not a time'],
  ['report images --min-size big', '--min-size'],
  ['report images --sort size', 'has no column "size"'],
  ['report audits --team shop', 'report audits cannot be limited by --team'],
  ['whatif --from node:22 --to Node:24', '--to: '],
])('"%s" is refused before the database is opened', async (line, message) => {
  const { code, stdout, stderr } = await runInProcess('/', line.split(' '), NO_DATABASE);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});
