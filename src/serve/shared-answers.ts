import type { MiddlewareHandler } from 'hono';
import { LRUCache } from 'lru-cache';
import { MINUTE_MS } from '../common/units.ts';
import type { Queryable } from '../database/database.ts';

/** Fifty of the largest pages. */
const MAX_BYTES = 32_000_000;
/** Pages also depend on the time: on what was built in the last 30 days, and whether support has ended. */
const MAX_AGE_MS = 10 * MINUTE_MS;

/** An answer that was sent, and the state of the database before it was made. */
interface SentAnswer {
  readonly state: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Gives all who ask for the same address one answer, and keeps it until something is written to the database: ten people
 * who open a page at once have the database work once. Only for answers that are the same for everybody.
 */
export function sharedAnswers(db: Queryable): MiddlewareHandler {
  const kept = new LRUCache<string, SentAnswer>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => body.byteLength + 1,
    ttl: MAX_AGE_MS,
  });
  const awaited = new Map<string, Promise<SentAnswer>>();
  return async (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    const address = pathname + search;
    const answerOf = async (): Promise<SentAnswer> => {
      const state = await stateOf(db);
      const before = kept.get(address);
      if (before?.state === state) return before;
      await next();
      const { status, headers } = context.res;
      const answer = { state, status, headers, body: new Uint8Array(await context.res.arrayBuffer()) };
      if (context.res.ok) kept.set(address, answer);
      return answer;
    };
    const answer = awaited.get(address) ?? answerOf().finally(() => awaited.delete(address));
    awaited.set(address, answer);
    const { status, headers, body } = await answer;
    context.res = new Response(body, { status, headers });
  };
}

/** Which transactions are visible: the same text means the same content, whoever writes. */
async function stateOf(db: Queryable): Promise<string> {
  const [row] = await db.query<{ state: string }>('select pg_current_snapshot()::text as state');
  return row?.state ?? '';
}
