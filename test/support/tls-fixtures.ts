import { readFileSync } from 'node:fs';

/** The path of a file of fixtures/tls. */
export function tlsFile(name: string): string {
  return new URL(`../fixtures/tls/${name}`, import.meta.url).pathname;
}

/** A certificate and its key. @param name `''`: for this machine; `'other-'`: for another host */
export function certificate(name = ''): { readonly cert: string; readonly key: string } {
  const read = (file: string) => readFileSync(tlsFile(`${name}${file}.pem`), 'utf8');
  return { cert: read('cert'), key: read('key') };
}
