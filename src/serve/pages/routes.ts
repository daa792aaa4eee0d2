import { Hono, type HonoRequest, type MiddlewareHandler } from 'hono';
import { dayOf } from '../../common/day.ts';
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../errors.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { dashboardLinks } from '../../html/links.ts';
import { readOverview } from '../../html/overview/read-overview.ts';
import { overviewSections } from '../../html/overview/sections.ts';
import type { PageContent } from '../../html/page.ts';
import { parseDigest } from '../../oci/digest.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { type Comparison, compareStored } from '../compare.ts';
import { type Dashboard, presentOf } from '../dashboard.ts';
import { readImageDetail } from '../image-detail.ts';
import { auditPage } from './audit-page.ts';
import { basePage } from './base-page.ts';
import { comparePage } from './compare-page.ts';
import { imagePage } from './image-page.ts';
import { kindPage } from './kind-page.ts';
import { leaderboardPage } from './leaderboard-page.ts';
import { repositoryPage, teamPage } from './owner-pages.ts';

/** How pages are answered. */
export interface PageOptions {
  /** Puts a page's content into the common frame. */
  readonly render: (content: PageContent) => string;
  /** What each request for a page passes through. */
  readonly around: readonly MiddlewareHandler[];
}

/** The routes of the dashboard's pages. Browsers may keep a page, and ask whether it is still the same. */
export function pageRoutes(dashboard: Dashboard, { render, around }: PageOptions): Hono {
  const { db, now } = dashboard;
  const app = new Hono();
  const page = (path: string, content: (request: HonoRequest) => Promise<PageContent>): unknown =>
    app.use(path, ...around).get(path, async (context) => {
      const shown = await content(context.req);
      return context.html(render(shown), shown.status, { 'cache-control': 'private, no-cache' });
    });
  page('/', () => overviewPage(dashboard));
  for (const [name, kind] of Object.entries(KINDS))
    page(`/${name}`, ({ url }) => kindPage(dashboard, kind, new URL(url)));
  page('/leaderboard', ({ url }) => leaderboardPage(dashboard, new URL(url)));
  page('/teams/:team', (request) => teamPage(dashboard, request.param('team') ?? ''));
  page('/repository', async (request) => {
    const { registry, name } = request.query();
    if (!name) throw new NotFoundError('the address lacks a repository: write /repository?name=REPOSITORY');
    return repositoryPage(dashboard, name, registry);
  });
  page('/base', async (request) => {
    const { name } = request.query();
    if (!name) throw new NotFoundError('the address lacks a base image: write /base?name=BASE');
    return basePage(dashboard, name);
  });
  page('/images/:digest', async (request) =>
    imagePage(await readImageDetail(db, parseDigest(request.param('digest') ?? '')), dayOf(now())),
  );
  page('/audits/:id{[0-9]{1,15}}', (request) => auditPage(dashboard, Number(request.param('id'))));
  page('/compare', async (request) => {
    const { old: before = '', new: after = '' } = request.query();
    return comparePage(before, after, before && after ? await comparisonOf(db, before, after) : undefined);
  });
  return app;
}

/** Compares two stored images. @returns the failure if one of them is not there, for the page to show above its form */
async function comparisonOf(db: Queryable, before: string, after: string): Promise<Comparison | NotFoundError> {
  try {
    return await compareStored(db, before, after);
  } catch (error) {
    if (error instanceof NotFoundError) return error;
    throw error;
  }
}

async function overviewPage(dashboard: Dashboard): Promise<PageContent> {
  const { db, now, settings } = dashboard;
  const overview = await readOverview(db, presentOf(dashboard));
  const view = { links: dashboardLinks, currency: settings.prices.currency, today: dayOf(now()) };
  return { title: 'Overview', at: '/', lead: auditLead(overview.audits), body: overviewSections(overview, view) };
}
