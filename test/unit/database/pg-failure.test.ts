import { expect, test } from 'vitest';
import { mayTryAgain, openingFailureOf, storeFailureOf } from '../../../src/database/pg-failure.ts';
import { SettingsError, StoreAccessError, StoreUnavailableError } from '../../../src/errors.ts';

function driverError(code: string | undefined, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code }, more);
}

test.each([
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN db'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND db'],
  ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432'],
  ['ECONNRESET', 'read ECONNRESET'],
  ['ENOENT', 'connect ENOENT /run/.s.PGSQL.5432', { syscall: 'connect' }],
  ['57P03', 'the database system is starting up'],
  ['25006', 'cannot execute INSERT in a read-only transaction'],
  ['25P03', 'terminating connection due to idle-in-transaction timeout'],
  ['55P03', 'canceling statement due to lock timeout'],
  ['57014', 'canceling statement due to statement timeout'],
  ['53300', 'sorry, too many clients already'],
  ['08006', 'connection failure'],
  ['58030', 'could not read block 7 in file "base/16384/2619": Input/output error'],
  ['40001', 'could not serialize access'],
  ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 'ssl/tls alert bad record mac'],
  [undefined, 'Connection terminated unexpectedly'],
  [undefined, 'There was an error establishing an SSL connection'],
])('%s %s is transient', (code, message, more?: object) => {
  for (const meaningOf of [openingFailureOf, storeFailureOf]) {
    const failure = meaningOf(driverError(code, message, more));
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({ message: expect.stringContaining(message) });
  }
});

const VERIFY = /write sslmode=verify-full in the database URL, and sslrootcert=FILE/;

const CERTIFICATE = /write sslcert=FILE .* sslkey=FILE for its key without a passphrase/;

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', VERIFY],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', VERIFY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', VERIFY],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", VERIFY],
  ['CERT_HAS_EXPIRED', 'certificate has expired', VERIFY],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required', CERTIFICATE],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca', CERTIFICATE],
  ['28000', 'connection requires a valid client certificate', CERTIFICATE],
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'error:05800074:x509 certificate routines::key values mismatch', CERTIFICATE],
  ['ERR_OSSL_BAD_DECRYPT', 'error:1C800064:Provider routines::bad decrypt', CERTIFICATE],
  ['28000', 'no pg_hba.conf entry for host "10.0.0.1", user "a", database "b", no encryption', VERIFY],
  ['28P01', 'password authentication failed for user "a"', /check user and password/],
  [undefined, 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /asks for a password: write one/],
  ['3D000', 'database "b" does not exist', /create it/],
  ['ENOENT', "ENOENT: no such file or directory, open 'system'", /a file that cannot be read/, { syscall: 'open' }],
  ['08P01', 'transaction blocks not allowed in statement pooling mode', /set its pool_mode to transaction/],
  [undefined, 'The server does not support SSL connections', /sslmode=disable/],
  [undefined, 'received invalid response: 4a', /what answers is not Postgres .*: check host and port/],
])(
  '%s %s is a mistake in the settings, told with what to write; later, a database that is away',
  (code, message, advice, more?: object) => {
    const error = driverError(code, message, more);
    expect(openingFailureOf(error)).toBeInstanceOf(SettingsError);
    expect(openingFailureOf(error)).toMatchObject({ message: expect.stringMatching(advice) });
    expect(storeFailureOf(error)).toBeInstanceOf(StoreUnavailableError);
    expect(storeFailureOf(error)).toMatchObject({ message: expect.stringMatching(advice) });
  },
);

test('a right that the role lacks is told at any time, with what to do', () => {
  for (const meaningOf of [openingFailureOf, storeFailureOf]) {
    const failure = meaningOf(driverError('42501', 'permission denied for table tag'));
    expect(failure).toBeInstanceOf(StoreAccessError);
    expect(failure).toMatchObject({ message: expect.stringMatching(/permission denied for table tag; grant that to/) });
  }
});

test('what a trigger of the administrator refuses is told, and is no bug', () => {
  expect(storeFailureOf(driverError('P0001', 'DDL is forbidden'))).toMatchObject({
    code: 'settings',
    message: expect.stringMatching(/^Postgres refuses it: DDL is forbidden; a trigger/),
  });
});

test('anything else is a bug and is returned unchanged', () => {
  for (const bug of [
    driverError('42703', 'column "x" does not exist'),
    driverError('ERR_INVALID_ARG_TYPE', 'no text'),
  ]) {
    expect(storeFailureOf(bug)).toBe(bug);
    expect(openingFailureOf(bug)).toBe(bug);
  }
});

test('there is a message even when all addresses of a host failed', () => {
  const all = Object.assign(new AggregateError([new Error('one')]), { code: 'ECONNREFUSED' });
  expect(storeFailureOf(all)).toMatchObject({
    message: expect.stringMatching(/^Postgres is not available: ECONNREFUSED; check that it is running/),
  });
});

test('how many connections are needed is told where a server, role or database allows no more', () => {
  expect(storeFailureOf(driverError('53300', 'too many connections for role "writer"'))).toMatchObject({
    message: expect.stringMatching(/too many connections for role "writer"; each process opens up to 10: allow more/),
  });
});

test('only conflicts with other transactions are retried', () => {
  expect(mayTryAgain(storeFailureOf(driverError('40P01', 'deadlock detected')))).toBe(true);
  expect(mayTryAgain(storeFailureOf(driverError('57P01', 'terminating connection')))).toBe(false);
});
