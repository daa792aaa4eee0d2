import { SettingsError, StoreUnavailableError } from '../errors.ts';

/** serialization_failure, deadlock_detected: the transaction may be tried again as it is. */
const TRY_AGAIN = new Set(['40001', '40P01']);
/** Connection exceptions, insufficient resources, operator intervention. */
const PASSING_STATE = /^(?:08|53|57P)/;
/** Of the socket and of name lookups, as ECONNRESET and EAI_AGAIN; and TLS connections that broke under way. */
const PASSING_CODE = /^(?:E(?!RR_)[A-Z_]+|ERR_SSL_\w*(?:RECORD_MAC|INTERNAL_ERROR|UNEXPECTED_EOF)\w*)$/;
/** The driver gives these no code. */
const PASSING_MESSAGE =
  /Connection terminated|connection timeout|Client has encountered a connection error|timeout exceeded when trying to connect|error establishing an SSL connection/i;
/** Certificates that are not trusted, of another host, or no certificates; versions of TLS that do not fit. */
const TLS_CODE = /^(?:CERT_|ERR_(?:TLS|SSL|OSSL)_)|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;
const NO_TLS_MESSAGE = /server does not support SSL/i;

const VERIFIED =
  'sslmode=verify-full in the database URL, and sslrootcert=FILE where it is signed by an authority of your own';

/** What an error of the driver means at the first contact, when a mistake in the settings shows. */
export function openingFailureOf(error: unknown): unknown {
  const mistake = error instanceof Error ? mistakeOf(error) : undefined;
  return mistake === undefined ? storeFailureOf(error) : new SettingsError(mistake, { cause: error });
}

/**
 * What an error of the driver means once the database has answered: a login that is refused then, or a certificate out
 * of date, is a database that is away until somebody sees to it. Bugs pass through.
 * @see PostgreSQL documentation, appendix A: classes of error codes
 */
export function storeFailureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // Several addresses of one host: each failed, and the error of all has a code only.
  const reason = mistakeOf(error) ?? (isPassing(error) ? error.message || codeOf(error) : undefined);
  if (reason === undefined) return error;
  const advice = isUnreachable(error) ? '; see that it runs, and host and port of the database URL' : '';
  return new StoreUnavailableError(`Postgres is not available: ${reason}${advice}`, { cause: error });
}

/** Whether a transaction failed only because another one was in its way. */
export function mayTryAgain(error: unknown): boolean {
  return error instanceof StoreUnavailableError && TRY_AGAIN.has(codeOf(error.cause));
}

/** What is wrong with the database URL, and what to write. */
function mistakeOf(error: Error): string | undefined {
  const code = codeOf(error);
  const { message } = error;
  if (code.startsWith('28'))
    return /no encryption|SSL off/.test(message)
      ? `Postgres refused the login: ${message}; if it wants TLS, write ${VERIFIED}; else see that its pg_hba.conf allows this`
      : `Postgres refused the login: ${message}; check user and password of the database URL`;
  if (code === '3D000') return `${message}: create it, or name another one in the database URL`;
  if (isUnreadableFile(error, code)) return `the database URL names a file that cannot be read: ${message}`;
  if (NO_TLS_MESSAGE.test(message))
    return 'this Postgres does not offer TLS: write sslmode=disable in the database URL, or set TLS up there';
  if (TLS_CODE.test(code) && !PASSING_CODE.test(code))
    return `no TLS to Postgres: ${message} (${code}); see that its certificate is in date and for this host; write ${VERIFIED}`;
  return undefined;
}

/** Of sslrootcert, sslcert or sslkey. A socket in a folder that is not there is a server that does not run. */
function isUnreadableFile(error: Error, code: string): boolean {
  return /^(?:ENOENT|EACCES|EISDIR)$/.test(code) && (error as NodeJS.ErrnoException).syscall !== 'connect';
}

function isUnreachable(error: Error): boolean {
  return /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/.test(codeOf(error));
}

function isPassing(error: Error): boolean {
  const code = codeOf(error);
  return (
    TRY_AGAIN.has(code) || PASSING_STATE.test(code) || PASSING_CODE.test(code) || PASSING_MESSAGE.test(error.message)
  );
}

/** The SQLSTATE, or the code that Node.js gives. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
