import { Writable } from 'node:stream';
import type { Database } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { readAssets } from '../../src/html/assets.ts';
import { createLogger } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { createDashboardApp } from '../../src/serve/app.ts';
import type { Dashboard } from '../../src/serve/dashboard.ts';
import { auditRegistry, defaultSettings } from './audits.ts';
import { pushFleet } from './fleet.ts';
import { image } from './image-builder.ts';
import { startRegistry } from './registry-server.ts';

/** Texts by which an image could attack the viewers of reports: markup, formulas, control characters, long lines. */
export const HOSTILE = {
  script: '<script>window.harmed = true</script>',
  image: '"><img src=x onerror="window.harmed = true">',
  formula: '=HYPERLINK("http://evil.example.com","click")',
  rightToLeft: 'safe\u202egpj.exe',
  escape: '\u001b[31mred',
  long: `RUN ${'x'.repeat(10_000)}`,
} as const;

/** Audits a small fleet twice. One of its images has hostile text in every place that allows it. */
export async function auditedFleet(db: Database): Promise<void> {
  await migrate(db);
  const registry = await startRegistry();
  try {
    pushFleet(registry, { repositories: 9, tags: 4 });
    registry.push('hostile/app', '1.0', hostileImage());
    const teams = [
      { name: 'payments', repositories: ['payments/**'] },
      { name: 'search', repositories: ['search/**'] },
    ];
    await auditRegistry(db, registry, { teams });
    registry.push('payments/app-0', 'v9', image({ layers: ['base 0', 'runtime 0', 'x'.repeat(5_000)] }));
    await auditRegistry(db, registry, { teams });
  } finally {
    await registry.close();
  }
}

function hostileImage() {
  const { script, image: tag, formula, rightToLeft, escape: colour, long } = HOSTILE;
  return image({
    layers: ['one', 'two', 'three', 'four'],
    config: {
      User: script,
      Env: [`PATH=${script}`, `NODE_VERSION=${script}`],
      Labels: { team: script, 'org.opencontainers.image.base.name': `${tag}${formula}`, note: rightToLeft },
    },
    history: [
      { created_by: formula },
      { created_by: `RUN echo ${script}` },
      { created_by: `COPY ${tag} ${rightToLeft} ${colour}` },
      { created_by: long },
    ],
  });
}

/** A dashboard on a database, as `slimboard serve` creates it; it appends its log to `lines`. */
export async function dashboardOver(
  db: Database,
  serve: Partial<Dashboard['settings']['serve']> = {},
  lines: string[] = [],
): Promise<Dashboard> {
  const settings = await defaultSettings();
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return {
    db,
    settings: { ...settings, serve: { ...settings.serve, port: 0, ...serve } },
    assets: readAssets(),
    metrics: createMetrics(),
    log: createLogger({ level: 'info', format: 'json', stream }),
    now: () => new Date('2026-11-24T02:00:00Z'),
  };
}

/** The answer of a dashboard on a database to a browser on this machine. */
export async function visit(db: Database, path: string): Promise<Response> {
  return createDashboardApp(await dashboardOver(db)).request(path, { headers: { host: 'localhost' } });
}

/** The text of that answer. */
export async function pageText(db: Database, path: string): Promise<string> {
  return (await visit(db, path)).text();
}
