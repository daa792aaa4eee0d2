import { Hono } from 'hono';
import { NotFoundError, SettingsError } from '../errors.ts';
import { readOverview } from '../html/overview/read-overview.ts';
import { parseDigest } from '../oci/digest.ts';
import { jsonDocument } from '../report/json-document.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import { recordsOf } from '../report/report-page.ts';
import { readAuditProgress } from '../store/progress-store.ts';
import { createReportAnswerer } from './answer-report.ts';
import { compareStored } from './compare.ts';
import { type Dashboard, presentOf } from './dashboard.ts';
import { readImageDetail } from './image-detail.ts';
import { parseLeaderboardQuery } from './leaderboard-query.ts';
import { openApiDocument } from './openapi.ts';
import { parseReportQuery } from './report-query.ts';

/** The routes of the JSON API, to be mounted at /api/v1; /openapi.json describes them. */
export function apiRoutes(dashboard: Dashboard): Hono {
  const { db, now } = dashboard;
  const answer = createReportAnswerer(dashboard);
  const api = new Hono();
  api.get('/openapi.json', (context) => context.json(openApiDocument()));
  api.get('/overview', async (context) => {
    const { teams, growth, techniques, ...rest } = await readOverview(db, presentOf(dashboard));
    const overview = {
      audit: teams.audit,
      ...rest,
      teams: recordsOf(teams),
      techniques: recordsOf(techniques),
      growth: growth.map(({ repository, build }) => ({ ...repository, build: build ?? null })),
    };
    return context.json(jsonDocument('slimboard.overview/1', overview));
  });
  api.get('/reports/:kind', async (context) => {
    const { req } = context;
    return answer(context, reportKindOf(req.param('kind')), parseReportQuery(new URL(req.url).searchParams));
  });
  api.get('/leaderboard', async (context) => {
    const { kind, others } = parseLeaderboardQuery(new URL(context.req.url).searchParams, now());
    return answer(context, kind, parseReportQuery(others));
  });
  api.get('/images/:digest', async (context) => {
    const detail = await readImageDetail(db, parseDigest(context.req.param('digest')));
    return context.json(jsonDocument('slimboard.image-detail/1', detail));
  });
  api.get('/compare', async (context) => {
    const { old: before, new: after } = context.req.query();
    if (!before || !after)
      throw new SettingsError('parameters "old" and "new" are required: each a digest, or REPOSITORY:TAG');
    const { diff, ...images } = await compareStored(db, before, after);
    const comparison = { old: images.before.digest, new: images.after.digest, ...diff };
    return context.json(jsonDocument('slimboard.comparison/1', comparison));
  });
  api.get('/audits/:id{[0-9]{1,15}}', async (context) => {
    const progress = await readAuditProgress(db, Number(context.req.param('id')));
    if (!progress) throw new NotFoundError(`there is no audit ${context.req.param('id')}`);
    return context.json(jsonDocument('slimboard.audit/1', progress));
  });
  return api;
}

/** The kind of report with this name. @throws NotFoundError when there is none */
function reportKindOf(name: string): ReportKind {
  const kinds: Readonly<Record<string, ReportKind>> = KINDS;
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind)
    throw new NotFoundError(`report "${name.slice(0, 40)}" not found: expected ${Object.keys(kinds).join(', ')}`);
  return kind;
}
