import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { messageOf, SettingsError, unreadableFile } from '../errors.ts';

/** PEM files for connections to one server; a certificate needs its key. */
export interface TlsFiles {
  /** Certificate authorities to trust besides the usual ones. */
  readonly caFile?: string | undefined;
  /** The certificate that this client shows to a server that asks for one, and perhaps those above it. */
  readonly certFile?: string | undefined;
  /** The private key of the certificate. */
  readonly keyFile?: string | undefined;
}

/** Reads the TLS context for a connection; undefined: the one that Node.js has for all. */
export type ReadTlsContext = () => SecureContext | undefined;

/**
 * Reads the files at once, and again for each connection: a certificate may live for hours only, and be renewed while a
 * worker runs. Files that cannot be used then, as while they are being replaced, leave the previous context.
 * @param onUnusable called with a sentence that says why, once for each reason
 * @throws SettingsError when a file cannot be read or used
 */
export function readTlsFiles(files: TlsFiles, onUnusable?: (note: string) => void): ReadTlsContext {
  let pems = readPems(files);
  let context = contextOf(files, pems);
  let told = '';
  return () => {
    try {
      const read = readPems(files);
      // To make a context takes 40 ms, because of its authorities.
      if (read.some((pem, at) => pem !== pems[at])) {
        context = contextOf(files, read);
        pems = read;
      }
      told = '';
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      if (error.message !== told) onUnusable?.(`${error.message}; the files as they were before remain in use`);
      told = error.message;
    }
    return context;
  };
}

type Pems = readonly [ca: string | undefined, cert: string | undefined, key: string | undefined];

function readPems({ caFile, certFile, keyFile }: TlsFiles): Pems {
  return [
    readPem('caFile', caFile, 'CERTIFICATE'),
    readPem('certFile', certFile, 'CERTIFICATE'),
    readPem('keyFile', keyFile, 'PRIVATE KEY'),
  ];
}

function readPem(setting: string, path: string | undefined, label: string): string | undefined {
  if (path === undefined) return undefined;
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadableFile(`${setting} ${path}`, cause);
  }
  if (new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(pem)) return pem;
  throw new SettingsError(
    `${setting} ${path} contains no ${label.toLowerCase()}: expected a PEM file that begins with -----BEGIN ${label}-----`,
  );
}

function contextOf(files: TlsFiles, [ca, cert, key]: Pems): SecureContext | undefined {
  if (ca === undefined && cert === undefined) return undefined;
  // Node.js would leave out authorities that it cannot read.
  if (ca !== undefined) parsed('caFile', files, () => new X509Certificate(ca));
  if (cert !== undefined) checkCertificate(files, cert, key ?? '');
  return parsed('certFile', files, () =>
    createSecureContext({ ca: ca === undefined ? undefined : [...rootCertificates, ca], cert, key }),
  );
}

/** @throws SettingsError for a certificate whose time is over, and a key that cannot be read or belongs to another one */
function checkCertificate(files: TlsFiles, cert: string, key: string): void {
  const { certFile, keyFile } = files;
  if (/ENCRYPTED/.test(key))
    throw new SettingsError(
      `keyFile ${keyFile} is encrypted: write the key without a passphrase, by openssl pkey -in ${keyFile} -out FILE`,
    );
  const certificate = parsed('certFile', files, () => new X509Certificate(cert));
  const privateKey = parsed('keyFile', files, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw new SettingsError(`keyFile ${keyFile} is not the key of certFile ${certFile}`);
  if (new Date(certificate.validTo).getTime() < Date.now())
    throw new SettingsError(`certFile ${certFile} has expired on ${certificate.validTo}: renew the certificate`);
}

/** @throws SettingsError naming the file if its content cannot be parsed */
function parsed<T>(setting: keyof TlsFiles, files: TlsFiles, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new SettingsError(`${setting} ${files[setting]} cannot be used: ${messageOf(cause)}`, { cause });
  }
}
