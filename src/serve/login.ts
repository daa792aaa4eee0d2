import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { Hono, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { html } from '../html/markup.ts';
import type { PageContent } from '../html/page.ts';

/** How long a browser stays logged in. */
const SESSION_MS = 12 * 3_600_000;
const COOKIE = 'slimboard_session';
/** What tells nothing about a registry. */
const OPEN = /^\/(?:healthz|readyz|login|assets\/[^/]*)$/;
/** What programs ask: they are told what is missing, not shown a form. */
const FOR_PROGRAMS = /^\/(?:api|metrics)(?:\/|$)/;

export interface LoginOptions {
  readonly token: string;
  readonly now: () => Date;
  readonly render: (content: PageContent) => string;
}

/** Lets through whoever sends the token (`Authorization: Bearer …`), or has logged in with it. */
export function requireToken({ token, now }: LoginOptions): MiddlewareHandler {
  return async (context, next) => {
    const { path } = context.req;
    const bearer = /^Bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const known =
      (bearer !== undefined && sameText(bearer, token)) ||
      isSession(getCookie(context, COOKIE), token, now().getTime());
    if (OPEN.test(path) || known) {
      await next();
      return undefined;
    }
    if (FOR_PROGRAMS.test(path))
      return context.json(
        { error: { code: 'authentication', message: 'send the token: Authorization: Bearer …' } },
        401,
        { 'www-authenticate': 'Bearer realm="slimboard"' },
      );
    // As it was asked for: the path that routes see is decoded, and may hold what a header cannot.
    const { pathname, search } = new URL(context.req.url);
    return context.redirect(`/login?${new URLSearchParams({ next: pathname + search })}`);
  };
}

/** The form that takes the token, and gives a session for it. */
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
    setCookie(context, COOKIE, sessionOf(token, expires), {
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
    body: html`${refused ? html`<p class="notice" role="alert">That is not the token.</p>` : null}
<form method="post" action="/login" class="filters"><input type="hidden" name="next" value="${ownPath(next)}">
<label>Token (SLIMBOARD_SERVE_TOKEN)<input type="password" name="token" required autocomplete="current-password"></label>
<button>Log in</button></form>`,
  };
}

/** A path of this server to go on to; whatever else was asked for is the front page. */
function ownPath(path: string | undefined): string {
  return path && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
}

/** The time it ends, and a proof that we wrote it; another token ends all sessions. */
function sessionOf(token: string, expires: number): string {
  return `${expires}.${createHmac('sha256', token).update(`slimboard session ${expires}`).digest('base64url')}`;
}

function isSession(cookie: string | undefined, token: string, now: number): boolean {
  const expires = Number(/^(\d{1,16})\./.exec(cookie ?? '')?.[1] ?? 0);
  return cookie !== undefined && expires > now && sameText(cookie, sessionOf(token, expires));
}

/** Compares in a time that tells nothing about where, or by how much, two texts differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}
