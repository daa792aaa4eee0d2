import { anyOf } from '../common/any-of.ts';

/**
 * Files that hold secrets by convention of the tools that use them: environment files, private keys, credentials of
 * package managers, clouds and registries. Recognised by name alone, except for {@link SETTINGS}.
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

/** Keys and key stores that packages ship for their own tests and tools are not secrets. */
const SHIPPED =
  /^usr\/(?:lib|share|src)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|vendor|gems|go\/pkg\/mod)\//;

/**
 * Settings files that hold a secret in few projects only: recognised by their content, which is inspected and not stored.
 * @see docs.npmjs.com, "npmrc": auth related configuration; a value `${NAME}` is read from the environment
 * @see docs.docker.com, "docker login": credential stores leave `auths` without `auth`
 */
const SETTINGS: readonly { readonly path: RegExp; readonly secret: RegExp }[] = [
  { path: /(?:^|\/)\.npmrc$/, secret: /^[^#;\r\n]*_(?:authToken|auth|password)\s*=\s*(?!["']?\$\{)\S/m },
  { path: /(?:^|\/)\.docker\/config\.json$/, secret: /"(?:auth|identitytoken|registrytoken)"\s*:\s*"[^"]/ },
];
/** No settings file is larger. */
const MAX_SETTINGS_BYTES = 65_536;

const ANY_SENSITIVE = anyOf(SENSITIVE);

/** Whether {@link isSensitive} needs a file's content. @param bytes its size */
export function needsContent(path: string, bytes: number): boolean {
  return bytes <= MAX_SETTINGS_BYTES && SETTINGS.some((settings) => settings.path.test(path));
}

/**
 * Whether a file holds secrets.
 * @param content where {@link needsContent} asks for it; without it, the name alone decides
 */
export function isSensitive(path: string, content?: Buffer): boolean {
  if (!ANY_SENSITIVE.test(path) || SHIPPED.test(path)) return false;
  const settings = content && SETTINGS.find((known) => known.path.test(path));
  return settings ? settings.secret.test(content.toString('latin1')) : true;
}
