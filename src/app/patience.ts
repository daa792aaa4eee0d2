import type { Database } from '../database/database.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Settings } from '../settings/settings.ts';
import { requireWritable } from '../store/role-access.ts';
import { openStore } from './open-store.ts';
import { isOutage, outlast, pauseMsAfter } from './outlast.ts';

/** How a command waits for its Postgres. */
export interface PatienceOptions {
  /** Stops the command, and so the wait. */
  readonly signal: AbortSignal;
  /** Called when an outage begins. */
  readonly onOutage: (error: Error) => void;
  /** How long to wait between two attempts (ms); default: a second or two. */
  readonly pauseMs?: () => number;
}

/** Longer than a failover. */
const OUTAGE_MS = 70_000;

/**
 * Waits while Postgres is away, such as during a restart or until a standby has taken over. A statement or transaction
 * that fails because of that is done again, so that whoever asked for it goes on where it was.
 */
export class Patience {
  /** Aborts when the command is stopped, or the database has stayed away. */
  readonly signal: AbortSignal;
  readonly #options: PatienceOptions;
  readonly #lost = new AbortController();
  #waiting = 0;
  #failures = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.signal = AbortSignal.any([options.signal, this.#lost.signal]);
  }

  /** How many attempts failed so far. What they wrote may be stored: its confirmation may be lost. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * The store of the settings, opened to be written: at once or not at all, because the address may be wrong, or that of a
   * standby. An embedded database is never away.
   */
  async open(settings: Settings): Promise<Database> {
    const db = await openStore(settings);
    if (settings.databaseUrl === undefined) return db;
    try {
      await requireWritable(db);
      return this.#patient(db);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /**
   * Does work again while Postgres is away.
   * @throws StoreUnavailableError if it stays away; the signal's reason if that ended the wait
   */
  async outlast<T>(work: () => Promise<T>): Promise<T> {
    let waits = false;
    const onWait = (error: Error): void => {
      this.signal.throwIfAborted();
      this.#failures++;
      if (waits) return;
      waits = true;
      if (this.#waiting++ === 0) this.#options.onOutage(error);
    };
    const pauseMs = this.#options.pauseMs ?? (() => pauseMsAfter(1));
    try {
      return await outlast(work, { onWait, pauseMs, signal: this.signal, withinMs: OUTAGE_MS });
    } catch (error) {
      this.signal.throwIfAborted();
      throw isOutage(error) ? this.#lose(error) : error;
    } finally {
      if (waits) this.#waiting--;
    }
  }

  #lose(cause: Error): StoreUnavailableError {
    const outlook = 'what was done is kept, and the next audit goes on from there';
    const failure = new StoreUnavailableError(`the database was away for a minute; ${outlook}: ${cause.message}`, {
      cause,
    });
    this.#lost.abort(failure);
    return failure;
  }

  /** A stream cannot go on where it was: whoever reads it begins anew, by {@link outlast}. */
  #patient(db: Database): Database {
    return {
      kind: db.kind,
      query: (sql, parameters) => this.outlast(() => db.query(sql, parameters)),
      transaction: (work) => this.outlast(() => db.transaction(work)),
      streamTexts: (sql, parameters, batchRows) => db.streamTexts(sql, parameters, batchRows),
      close: () => db.close(),
    };
  }
}
