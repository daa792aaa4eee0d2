import { expect, test } from 'vitest';
import { runInProcess } from '../../support/program.ts';

/** Nothing answers there: a command that opened its database would fail with another exit code. */
const NO_DATABASE = { SLIMBOARD_DATABASE_URL: 'postgres://127.0.0.1:1/none' };

test.each([
  ['report advise', 'improvements, techniques, goals, reclaim. (Did you mean advice?)'],
  ['report x', 'improvements, techniques, goals, reclaim.\n'],
  ['leaderboard --metric growht', '(Did you mean growth?)'],
  ['--log-level information status', 'trace.\n'],
  ['report images -o images.csv.gz', 'reports are not compressed'],
  ['leaderboard -o s3://', 'expected the path of a file, or s3://BUCKET/KEY'],
  ['report reclaim --lifecycle-policy -o {day}.json', 'unknown placeholder "{day}"'],
  ['report reclaim --lifecycle-policy --since soon', '--since'],
  ['report reclaim --lifecycle-policy --limit 1', '--lifecycle-policy cannot be combined with'],
  ['report images --lifecycle-policy', 'report images does not accept --lifecycle-policy'],
  ['report reclaim --lifecycle-policy --min-size 1GB', 'report reclaim cannot be limited by --min-size'],
  ['report images --since soon', '--since: "soon" is not a time'],
  ['report images --min-size big', '--min-size'],
  ['report images --sort size', 'has no column "size"'],
  ['whatif --from node:22 --to Node:24', '--to: '],
  ['leaderboard --by base --since 30d', '--since: only teams and repositories are compared'],
  ['audit registry.example.com/a/b --include c', 'registry.example.com/a/b names repositories: leave --include out'],
  ['plan registry.example.com registry.example.com/a/* --include c', 'registry.example.com/a/* names repositories'],
  ['audit registry.example.com:5000/a:1 --tags 2', 'registry.example.com:5000/a:1 names a tag: leave --tags out'],
  ['plan registry.example.com/a:1 --tags 2', 'registry.example.com/a:1 names a tag: leave --tags out'],
  ['plan', 'there is nothing to plan: name a registry'],
  ['bases learn', 'there is nothing to learn: name a reference'],
  ['schedule --wait', '--wait needs --now'],
  ['schedule lab', 'lab: to audit sources at once, add --now'],
  ['schedule --now --metrics-port 9464', "cannot be used with option '--metrics-port <port>'"],
  ['demo --config other.yaml', 'leave --config and --database out'],
  ['--database postgres://db.example.com/x demo', 'leave --config and --database out'],
])('"%s" is refused before the database is opened', async (line, message) => {
  const { code, stdout, stderr } = await runInProcess('/', line.split(' '), NO_DATABASE);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});
