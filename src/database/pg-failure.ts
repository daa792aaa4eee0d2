import { codeOf, SettingsError, StoreAccessError, StoreUnavailableError } from '../errors.ts';
import { CERTIFICATE_ALERT } from '../network/connection-error.ts';

/** serialization_failure, deadlock_detected: the same transaction may succeed when tried again. */
const TRY_AGAIN = new Set(['40001', '40P01']);
/** The server is a standby, or the user may only read. */
const READ_ONLY = '25006';
/** Of the server, or of a role or database with a limit of its own. */
const TOO_MANY_CONNECTIONS = '53300';
/**
 * What helps against a refusal: insufficient_privilege; invalid_schema_name; raise_exception, of which slimboard's own SQL
 * has none.
 */
const REFUSALS: Readonly<Record<string, string>> = {
  '42501':
    'grant that to the role in the database URL, or name another role (docs/database.md says which role each command needs)',
  '3F000': 'let the search_path of the role in the database URL begin with a schema that exists',
  P0001: 'a trigger or function that somebody added to this database says so: ask its administrator',
};
/**
 * SQLSTATE classes of connection exceptions, insufficient resources, operator intervention (with cancelled statements) and
 * failures of the system around Postgres, such as its storage; time limits of transactions, locks.
 */
const TRANSIENT_STATE = /^(?:08|53|57P|57014|58|25006|25P0[34]|55P03)/;
/**
 * Codes of sockets and name lookups, such as ECONNRESET and EAI_AGAIN, and of established TLS connections that broke.
 */
const TRANSIENT_CODE = /^(?:E(?!RR_)[A-Z_]+|ERR_SSL_\w*(?:RECORD_MAC|INTERNAL_ERROR|UNEXPECTED_EOF)\w*)$/;
/** Errors to which the driver gives no code. */
const TRANSIENT_MESSAGE =
  /Connection terminated|connection timeout|Client has encountered a connection error|error establishing an SSL connection/i;
/** Of the pool, while all its connections are in use. */
const NONE_FREE_MESSAGE = 'timeout exceeded when trying to connect';
/** Certificates that are untrusted, for another host, or malformed; TLS versions that do not match. */
const TLS_CODE = /^(?:CERT_|ERR_(?:TLS|SSL|OSSL)_)|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;
const NO_TLS_MESSAGE = /server does not support SSL/i;

const CLIENT_CERTIFICATE =
  'write sslcert=FILE for one that is in date, and sslkey=FILE for its key without a passphrase, in the database URL';
const VERIFIED =
  'sslmode=verify-full in the database URL, and sslrootcert=FILE where it is signed by an authority of your own';

/**
 * Translates a driver error during the first connection, when wrong settings show: to SettingsError if it is caused by
 * those, else as {@link storeFailureOf} does.
 */
export function openingFailureOf(error: unknown): unknown {
  const misconfiguration = error instanceof Error ? misconfigurationOf(error) : undefined;
  return misconfiguration === undefined ? storeFailureOf(error) : new SettingsError(misconfiguration, { cause: error });
}

/**
 * Translates a driver error after the database has answered before: to StoreUnavailableError, also for a login that is
 * now refused or a certificate that has expired, because the settings worked; to StoreAccessError if the role lacks a
 * right, or a trigger of somebody else refuses. Errors that are bugs are returned as they are.
 * @see PostgreSQL documentation, appendix A: classes of error codes
 */
export function storeFailureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const advice = REFUSALS[codeOf(error)];
  if (advice) return new StoreAccessError(`Postgres refuses it: ${error.message}; ${advice}`, { cause: error });
  if (error.message === NONE_FREE_MESSAGE)
    return new StoreUnavailableError(
      'no connection to Postgres became free in time: the statements on all of them may wait for a lock, whose holder pg_stat_activity shows',
      { cause: error },
    );
  // When a host has several addresses and all fail, the combined error has a code but no message.
  const reason = misconfigurationOf(error) ?? (isTransient(error) ? error.message || codeOf(error) : undefined);
  if (reason === undefined) return error;
  return new StoreUnavailableError(`Postgres is not available: ${reason}${adviceOn(error)}`, { cause: error });
}

/** Whether a transaction failed only because of a concurrent one, and may be tried again. */
export function mayTryAgain(error: unknown): boolean {
  return error instanceof StoreUnavailableError && TRY_AGAIN.has(codeOf(error.cause));
}

/**
 * Says what is wrong with the database URL or the server's setup, and what to write instead; undefined for any other
 * error.
 */
function misconfigurationOf(error: Error): string | undefined {
  const code = codeOf(error);
  const { message } = error;
  if (CERTIFICATE_ALERT.test(code) || /valid client certificate/.test(message))
    return `Postgres asks for a client certificate that it trusts (${code}): ${CLIENT_CERTIFICATE}`;
  // OpenSSL read the files: nothing was sent yet.
  if (code.startsWith('ERR_OSSL_'))
    return `the client certificate in the database URL cannot be used: ${reasonOf(error)} (${code}); ${CLIENT_CERTIFICATE}`;
  if (code.startsWith('28'))
    return /no encryption|SSL off/.test(message)
      ? `Postgres refused the login: ${message}; if it wants TLS, write ${VERIFIED}; otherwise check that its pg_hba.conf allows this`
      : `Postgres refused the login: ${message}; check user and password in the database URL`;
  if (/password must be a /i.test(message))
    return 'Postgres asks for a password: write one into the database URL, or set PGPASSWORD';
  if (message.startsWith('received invalid response'))
    return `what answers is not Postgres (${message}): check host and port in the database URL`;
  if (code === '3D000') return `${message}: create it, or name another one in the database URL`;
  if (/statement pooling mode/.test(message))
    return `PgBouncer runs single statements, and audits need transactions (${message}): set its pool_mode to transaction`;
  if (isUnreadableFile(error, code)) return `the database URL names a file that cannot be read: ${message}`;
  if (NO_TLS_MESSAGE.test(message))
    return 'this Postgres does not offer TLS: write sslmode=disable in the database URL, or set TLS up there';
  if (TLS_CODE.test(code) && !TRANSIENT_CODE.test(code))
    return `TLS to Postgres failed: ${reasonOf(error)} (${code}); check that its certificate is in date and for this host; write ${VERIFIED}`;
  return undefined;
}

/**
 * Whether a file of sslrootcert, sslcert or sslkey cannot be read. A missing file in `connect` is the server's socket:
 * the server is not running.
 */
function isUnreadableFile(error: Error, code: string): boolean {
  return /^(?:ENOENT|EACCES|EISDIR)$/.test(code) && (error as NodeJS.ErrnoException).syscall !== 'connect';
}

/** Whether a server refused to write: the address may lead to another one by now. */
export function isReadOnly(failure: unknown): boolean {
  return failure instanceof StoreUnavailableError && codeOf(failure.cause) === READ_ONLY;
}

/** OpenSSL's message is the reason between an address in memory and a line of its code. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

function adviceOn(error: Error): string {
  const code = codeOf(error);
  if (code === READ_ONLY) return '; check that the database URL leads to the primary, and that its user may write';
  if (code === TOO_MANY_CONNECTIONS)
    return '; each process opens up to 10: allow more of them, or put PgBouncer in front of Postgres';
  if (/^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/.test(code))
    return '; check that it is running, and host and port in the database URL';
  return '';
}

function isTransient(error: Error): boolean {
  const code = codeOf(error);
  return (
    TRY_AGAIN.has(code) ||
    TRANSIENT_STATE.test(code) ||
    TRANSIENT_CODE.test(code) ||
    TRANSIENT_MESSAGE.test(error.message)
  );
}
