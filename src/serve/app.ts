import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { linkedHead } from '../html/assets.ts';
import { html } from '../html/markup.ts';
import { document, type NavigationEntry, type PageContent } from '../html/page.ts';
import { apiRoutes } from './api.ts';
import type { Dashboard } from './dashboard.ts';
import { failureOf, failureResponse, NO_SUCH_ADDRESS } from './failures.ts';
import { isLoopback, limitConcurrency, loopbackNamesOnly, requestLimits, securityHeaders } from './guards.ts';
import { loginRoutes, requireToken } from './login.ts';
import { pageRoutes } from './pages/routes.ts';
import { sharedAnswers } from './shared-answers.ts';

/** The dashboard with its API, as a function from requests to responses; `listen` serves it. */
export function createDashboardApp(dashboard: Dashboard): Hono {
  const { assets, settings, metrics, now } = dashboard;
  const { token, host } = settings.serve;
  const render = renderer(dashboard);
  const app = new Hono();
  app.use(securityHeaders, compress(), requestLimits);
  if (token === undefined && isLoopback(host)) app.use(loopbackNamesOnly);
  if (token !== undefined) {
    app.use(requireToken({ token, now }));
    // Without the navigation: until somebody has logged in, each of its links leads back here.
    const renderBare = (content: PageContent) =>
      String(document({ head: linkedHead(assets), navigation: [] }, content));
    app.route('/', loginRoutes({ token, now, render: renderBare }));
  }
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/readyz', async (context) => {
    const ready = await isReady(dashboard);
    return context.text(ready ? 'ready\n' : 'the database does not answer\n', ready ? 200 : 503);
  });
  for (const asset of [assets.style, assets.script])
    app.get(asset.path, (context) =>
      context.body(asset.text, 200, {
        'content-type': asset.contentType,
        'cache-control': 'public, max-age=31536000, immutable',
      }),
    );
  app.get('/metrics', async (context) =>
    context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );
  if (dashboard.queues) app.route('/queues', dashboard.queues);
  const limit = limitConcurrency();
  app.use('/api/*', limit);
  app.route('/api/v1', apiRoutes(dashboard));
  // Who waits for an answer that another request is making does not count as a request at work.
  app.route('/', pageRoutes(dashboard, { render, around: [etag(), sharedAnswers(dashboard.db), limit] }));
  app.notFound((context) => {
    const address = withoutLastSlash(context.req.raw);
    if (address !== undefined) return context.redirect(address, 301);
    return failureResponse(context, NO_SUCH_ADDRESS, render);
  });
  app.onError((error, context) => {
    const failure = failureOf(error);
    // When a connection was cut, as when the server stops, nobody waits for the answer, and why it failed is known.
    if (failure.status >= 500 && !context.req.raw.signal.aborted)
      dashboard.log.error({ error, path: context.req.path }, 'a request failed');
    return failureResponse(context, failure, render);
  });
  return app;
}

/**
 * Where to redirect a path with a trailing slash, as `/teams/` to `/teams`. The result has no host, because behind a
 * proxy the host is another. Paths like `//host/` are not redirected, because `//host` would lead to another site.
 */
function withoutLastSlash({ method, url }: Request): string | undefined {
  const { pathname, search } = new URL(url);
  const isRedirected = method === 'GET' && /^\/[^/].*\/$/.test(pathname);
  return isRedirected ? pathname.slice(0, -1) + search : undefined;
}

/** How long `/readyz` waits for the database. */
const READY_TIMEOUT_MS = 5_000;

async function isReady({ db }: Dashboard): Promise<boolean> {
  const timeout = new Promise<false>((resolve) => setTimeout(resolve, READY_TIMEOUT_MS, false).unref());
  const answer = db.query('select 1').then(
    () => true,
    () => false,
  );
  return Promise.race([answer, timeout]);
}

/** The dashboard's pages, in the order of the navigation. */
const NAVIGATION: readonly NavigationEntry[] = [
  { title: 'Overview', href: '/' },
  { title: 'Leaderboard', href: '/leaderboard' },
  { title: 'Teams', href: '/teams' },
  { title: 'Repositories', href: '/repositories' },
  { title: 'Images', href: '/images' },
  { title: 'Base images', href: '/bases' },
  { title: 'Layers', href: '/layers' },
  { title: 'Findings', href: '/findings' },
  { title: 'Advice', href: '/advice' },
  { title: 'Goals', href: '/goals' },
  { title: 'Improvements', href: '/improvements' },
  { title: 'Regressions', href: '/regressions' },
  { title: 'Trends', href: '/trends' },
  { title: 'Reclaim', href: '/reclaim' },
  { title: 'Compare', href: '/compare' },
  { title: 'Errors', href: '/errors' },
  { title: 'Audits', href: '/audits' },
];

function renderer({ assets, queues }: Dashboard): (content: PageContent) => string {
  const navigation = queues ? [...NAVIGATION, { title: 'Queues', href: '/queues' }] : NAVIGATION;
  const tools = html`<form action="/images" role="search"><input type="search" name="q" placeholder="Search images" aria-label="Search images"></form>`;
  return (content) => String(document({ head: linkedHead(assets), navigation, tools }, content));
}
