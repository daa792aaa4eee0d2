import type { Hono } from 'hono';
import type { Database } from '../database/database.ts';
import type { Assets } from '../html/assets.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ReportRequest } from '../report/open-report.ts';
import type { Settings } from '../settings/settings.ts';

/** What the dashboard's routes depend on. */
export interface Dashboard {
  readonly db: Database;
  readonly settings: Pick<Settings, 'prices' | 'serve'>;
  readonly assets: Assets;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** The queues' own dashboard, read-only; absent without Redis. */
  readonly queues?: Hono | undefined;
  readonly log: Logger;
  readonly now: () => Date;
}

/** What every report of the dashboard is asked with: the time, and what storage costs. */
export function presentOf({ now, settings }: Pick<Dashboard, 'now' | 'settings'>) {
  return { now: now(), prices: settings.prices } satisfies ReportRequest;
}
