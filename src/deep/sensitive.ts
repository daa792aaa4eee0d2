import { anyOf } from './any-of.ts';

/**
 * Files that hold secrets by their tools' conventions: environment files, private keys, credentials of package
 * managers, clouds and registries. Judged by name alone; contents are neither read nor kept.
 */
const SENSITIVE: readonly RegExp[] = [
  /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[\w-]+)*$/,
  /(?:^|\/)\.ssh\/(?!known_hosts|authorized_keys|config)[^/]+(?<!\.pub)$/,
  /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/,
  /(?:^|\/)\.(?:netrc|git-credentials|pgpass|my\.cnf|pypirc|npmrc)$/,
  /(?:^|\/)\.aws\/credentials$/,
  /(?:^|\/)\.docker\/config\.json$/,
  /(?:^|\/)\.kube\/config$/,
  /(?:^|\/)\.config\/gcloud\/(?:application_default_credentials\.json|credentials\.db)$/,
  /(?:^|\/)\.(?:gnupg|gpg)\/(?:private-keys-v1\.d\/|secring\.gpg$)/,
  /\.(?:p12|pfx|jks|keystore)$/,
];

/** Keys and stores that packages bring for their own tests and tools are no secrets. */
const SHIPPED =
  /^usr\/(?:lib|share|src)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems|go\/pkg\/mod)\//;

const ANY_SENSITIVE = anyOf(SENSITIVE);

export function isSensitive(path: string): boolean {
  return ANY_SENSITIVE.test(path) && !SHIPPED.test(path);
}
