import { hash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { HOUR_MS } from '../common/units.ts';
import { html } from '../html/markup.ts';
import type { PageContent } from '../html/page.ts';
import { type Failure, refusal } from './failures.ts';

/** How long a browser stays logged in. */
const SESSION_MS = 12 * HOUR_MS;
const COOKIE = 'slimboard_session';
/** Paths that need no token, because they reveal nothing about a registry. */
const PUBLIC_PATHS = /^\/(?:healthz|readyz|login|assets\/[^/]*)$/;
/** Paths that programs request: without a token they get a 401, not a redirect to the log-in form. */
const PROGRAM_PATHS = /^\/(?:api|metrics)(?:\/|$)/;

const NO_TOKEN: Failure = {
  status: 401,
  code: 'authentication',
  message: 'the token is missing or wrong: send "Authorization: Bearer TOKEN"',
};

/** What log-in depends on. */
export interface LoginOptions {
  /** The secret to log in with: SLIMBOARD_SERVE_TOKEN. */
  readonly token: string;
  readonly now: () => Date;
  readonly render: (content: PageContent) => string;
}

/**
 * Lets through requests that carry the token (`Authorization: Bearer …`) or the cookie of a log-in, and those for
 * public paths. Others get a 401 on paths for programs, elsewhere a redirect to the log-in form.
 */
export function requireToken({ token, now }: Pick<LoginOptions, 'token' | 'now'>): MiddlewareHandler {
  return async (context, next) => {
    const { path } = context.req;
    const bearer = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const isAuthenticated =
      (bearer !== undefined && sameText(bearer, token)) || (await hasSession(context, token, now()));
    if (PUBLIC_PATHS.test(path) || isAuthenticated) {
      await next();
      return undefined;
    }
    if (PROGRAM_PATHS.test(path)) return refusal(context, NO_TOKEN, { 'www-authenticate': 'Bearer realm="slimboard"' });
    // The path as it was sent: the one that routes see is decoded, and may contain characters that no header allows.
    const { pathname, search } = new URL(context.req.url);
    return context.redirect(`/login?${new URLSearchParams({ next: pathname + search })}`);
  };
}

/** The log-in form, and the route that exchanges the token for a session cookie of 12 hours. */
export function loginRoutes(options: LoginOptions): Hono {
  const { token, now, render } = options;
  const app = new Hono();
  app.get('/login', (context) => context.html(render(loginPage(context.req.query('next'), false))));
  app.post('/login', async (context) => {
    const form = await context.req.parseBody();
    const next = ownPath(typeof form.next === 'string' ? form.next : undefined);
    if (typeof form.token !== 'string' || !sameText(form.token, token))
      return context.html(render(loginPage(next, true)), 401);
    const expires = now().getTime() + SESSION_MS;
    await setSignedCookie(context, COOKIE, String(expires), token, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_MS / 1_000,
      secure: context.req.header('x-forwarded-proto') === 'https',
    });
    return context.redirect(next, 303);
  });
  return app;
}

function loginPage(next: string | undefined, refused: boolean): PageContent {
  return {
    title: 'Log in',
    body: html`${refused ? html`<p class="notice" role="alert">Wrong token: enter the value of SLIMBOARD_SERVE_TOKEN.</p>` : null}
<form method="post" action="/login" class="filters"><input type="hidden" name="next" value="${ownPath(next)}">
<label>Token (SLIMBOARD_SERVE_TOKEN)<input class="name" type="password" name="token" required autocomplete="current-password"></label>
<button>Log in</button></form>`,
  };
}

/** The path to continue to after log-in; anything that could lead to another site becomes `/`. */
function ownPath(path: string | undefined): string {
  return path && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
}

/** The cookie of a session holds the time when it expires (ms), signed with the token: a new token ends all sessions. */
async function hasSession(context: Context, token: string, now: Date): Promise<boolean> {
  const expires = await getSignedCookie(context, token, COOKIE);
  return Number(expires || 0) > now.getTime();
}

/** Whether two texts are equal, in a time that reveals nothing about where or how much they differ. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
