import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { SlimboardError, StoreAccessError, StoreUnavailableError } from '../errors.ts';
import { html } from '../html/markup.ts';
import type { PageContent } from '../html/page.ts';

/** Why a request fails, as the answer says it. */
export interface Failure {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
}

/** The failure of a request to an address that no route has. */
export const NO_SUCH_ADDRESS: Failure = {
  status: 404,
  code: 'not-found',
  message: 'There is nothing at this address.',
};

/** The HTTP status of expected errors, by their code; 500 for all others. */
const STATUSES: Readonly<Record<string, ContentfulStatusCode>> = {
  settings: 400,
  'invalid-reference': 400,
  'not-found': 404,
};

/** The failure that an error means. Expected errors say what is wrong; the details of all others go only to the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StoreUnavailableError)
    return { status: 503, code: error.code, message: 'the database does not answer: see the log of slimboard serve' };
  if (error instanceof SlimboardError && !(error instanceof StoreAccessError)) {
    const status = STATUSES[error.code];
    if (status !== undefined) return { status, code: error.code, message: error.message };
  }
  return { status: 500, code: 'internal', message: 'unexpected failure: see the log of slimboard serve' };
}

const TITLES: Readonly<Record<number, string>> = { 400: 'Bad request', 404: 'Not found' };

/** The answer to a request that fails: JSON under /api/, elsewhere a page. */
export function failureResponse(
  context: Context,
  failure: Failure,
  render: (content: PageContent) => string,
): Response {
  if (isForPrograms(context)) return refusal(context, failure);
  const { status, message } = failure;
  const body = html`<p class="notice" role="alert">${message}</p>`;
  return context.html(render({ title: TITLES[status] ?? 'The request failed', body }), status);
}

/** The answer to a request that is refused before it is looked at: JSON under /api/, elsewhere plain text. */
export function refusal(
  context: Context,
  { status, code, message }: Failure,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return isForPrograms(context)
    ? context.json({ error: { code, message } }, status, headers)
    : context.text(`${message}\n`, status, headers);
}

function isForPrograms({ req }: Context): boolean {
  return req.path.startsWith('/api/');
}
