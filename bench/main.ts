import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Context, Scenario } from './harness/context.ts';
import { formatTable, median, type Result, verdictOf } from './harness/result.ts';
import { Stores } from './harness/store.ts';
import { classify } from './scenarios/classify.ts';
import { deep } from './scenarios/deep.ts';
import { faults } from './scenarios/faults.ts';
import { firstAudit } from './scenarios/first-audit.ts';
import { nightly } from './scenarios/nightly.ts';
import { queue } from './scenarios/queue.ts';
import { reports } from './scenarios/reports.ts';
import { scale } from './scenarios/scale.ts';
import { shellLoops } from './scenarios/shell-loops.ts';
import { startUp } from './scenarios/start-up.ts';
import { workers } from './scenarios/workers.ts';

/**
 * The scenarios that measure slimboard, most of them against a baseline that runs next to it:
 * `npm run bench -- [OPTIONS] [SCENARIO…]`. Without names all scenarios run but the slow ones; `all` runs those, too.
 */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'start-up': startUp,
  'first-audit': firstAudit,
  nightly,
  faults,
  'shell-loops': shellLoops,
  queue,
  workers,
  reports,
  classify,
  deep,
  scale,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tags: { type: 'string', default: '20000' },
    'large-tags': { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});

const unknown = positionals.filter((name) => name !== 'all' && !(name in SCENARIOS));
if (unknown.length > 0)
  throw new Error(`no scenario ${unknown.join(', ')}: there are ${Object.keys(SCENARIOS).join(', ')}`);

const stores = new Stores();
const context: Context = {
  tags: Number(values.tags),
  largeTags: Number(values['large-tags']),
  rounds: Number(values.rounds),
  stores,
  log: (line) => void process.stderr.write(`${line}\n`),
};

const measurements: { readonly scenario: string; readonly results: readonly Result[] }[] = [];
try {
  for (const [scenario, { title, run }] of Object.entries(SCENARIOS).filter(isSelected)) {
    process.stdout.write(`\n${title}\n`);
    const results = await run(context).catch(reportFailure);
    measurements.push({ scenario, results });
    process.stdout.write(formatTable(results));
  }
} finally {
  await stores.close();
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary(), null, 2)}\n`);

/** A scenario that fails has no results, and the others still run. */
function reportFailure(error: unknown): readonly Result[] {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
  return [];
}

function isSelected([name, { slow }]: [string, Scenario]): boolean {
  if (positionals.length === 0) return slow !== true;
  return positionals.includes(name) || positionals.includes('all');
}

function summary(): unknown {
  const { tags, largeTags, rounds } = context;
  return {
    date: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), node: process.version },
    tags,
    largeTags,
    rounds,
    results: measurements.flatMap(({ scenario, results }) =>
      results.map((result) => ({ scenario, ...result, median: median(result.samples), reached: verdictOf(result) })),
    ),
  };
}
