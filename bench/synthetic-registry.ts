import { startServer } from './registry/server.ts';

/**
 * A process that serves a synthetic registry until its standard input ends.
 * Usage: synthetic-registry '{"tags":20000,"tagsPerRepository":50,"latencyMs":0,"errorRate":0,"night":0}'; prints its URL.
 */
const url = await startServer({
  tags: 20_000,
  tagsPerRepository: 50,
  night: 0,
  latencyMs: 0,
  errorRate: 0,
  ...(JSON.parse(process.argv[2] ?? '{}') as object),
});
process.stdout.write(`${url}\n`);
process.stdin.resume().once('end', () => process.exit());
