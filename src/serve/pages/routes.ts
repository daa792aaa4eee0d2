import { Hono } from 'hono';
import { dayOf } from '../../common/day.ts';
import { NotFoundError } from '../../errors.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { dashboardLinks } from '../../html/links.ts';
import { readOverview } from '../../html/overview/read-overview.ts';
import { overviewSections } from '../../html/overview/sections.ts';
import type { PageContent } from '../../html/page.ts';
import { parseDigest } from '../../oci/digest.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { reportKindOf } from '../api.ts';
import { compareStored } from '../compare.ts';
import type { Dashboard } from '../dashboard.ts';
import { readImageDetail } from '../image-detail.ts';
import { auditPage } from './audit-page.ts';
import { basePage } from './base-page.ts';
import { comparePage } from './compare-page.ts';
import { imagePage } from './image-page.ts';
import { kindPage } from './kind-page.ts';
import { leaderboardPage } from './leaderboard-page.ts';
import { repositoryPage, teamPage } from './owner-pages.ts';

/** The routes of the dashboard's pages; `render` puts a page's content into the common frame. */
export function pageRoutes(dashboard: Dashboard, render: (content: PageContent) => string): Hono {
  const { db, now } = dashboard;
  const app = new Hono();
  app.get('/', async (context) => context.html(render(await overviewPage(dashboard))));
  for (const name of Object.keys(KINDS))
    app.get(`/${name}`, async (context) =>
      context.html(render(await kindPage(dashboard, reportKindOf(name), new URL(context.req.url)))),
    );
  app.get('/leaderboard', async (context) =>
    context.html(render(await leaderboardPage(dashboard, new URL(context.req.url)))),
  );
  app.get('/teams/:team', async (context) =>
    context.html(render(await teamPage(dashboard, context.req.param('team')))),
  );
  app.get('/repository', async (context) => {
    const { registry, name } = context.req.query();
    if (!name) throw new NotFoundError('the address lacks a repository: write /repository?name=REPOSITORY');
    return context.html(render(await repositoryPage(dashboard, name, registry)));
  });
  app.get('/base', async (context) => {
    const { name } = context.req.query();
    if (!name) throw new NotFoundError('the address lacks a base image: write /base?name=BASE');
    return context.html(render(await basePage(dashboard, name)));
  });
  app.get('/images/:digest', async (context) =>
    context.html(render(imagePage(await readImageDetail(db, parseDigest(context.req.param('digest'))), dayOf(now())))),
  );
  app.get('/audits/:id{[0-9]{1,15}}', async (context) =>
    context.html(render(await auditPage(dashboard, Number(context.req.param('id'))))),
  );
  app.get('/compare', async (context) => {
    const { old: before = '', new: after = '' } = context.req.query();
    const comparison = before && after ? await compareStored(db, before, after) : undefined;
    return context.html(render(comparePage(before, after, comparison)));
  });
  return app;
}

async function overviewPage({ db, now, settings }: Dashboard): Promise<PageContent> {
  const time = now();
  const { storagePerGBMonth: storagePricePerGBMonth, currency } = settings.prices;
  const overview = await readOverview(db, { now: time, storagePricePerGBMonth });
  const view = { links: dashboardLinks, currency, today: dayOf(time) };
  return { title: 'Overview', at: '/', lead: auditLead(overview.audits), body: overviewSections(overview, view) };
}
