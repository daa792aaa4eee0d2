import type { Runtime } from '../classify/verdict.ts';
import type { ImageView } from '../policy/image-view.ts';
import { ownPackages } from './own-packages.ts';
import { ownSteps } from './own-steps.ts';

/** A compiler of C, or a library's headers; those of the C library itself are in every toolchain. */
const C_BUILD = /^(?:gcc|g\+\+|clang|build-essential|build-base)$|^(?!libc6?-dev$|musl-dev$).+-dev(?:el)?$/;
/** Rust's images link with musl, for which OpenSSL comes as a static library, too. */
const STATIC_IN_RUST = /^(?:libssl-dev|openssl-dev)$/;

/**
 * Whether a compiled program links C libraries of its distribution when it starts: then no empty image holds it, and a
 * build without C leaves the part out that needs them (SQLite's driver of Go compiles, and fails when it is called).
 */
export function linksLibraries(view: ImageView, runtime: Runtime): boolean {
  const { build } = ownPackages(view);
  if (runtime === 'rust') return build.some((name) => /-dev(?:el)?$/.test(name) && isLinked(name));
  if (runtime !== 'go') return false;
  const cgo = cgoSetting(view);
  return cgo === '1' || (cgo === undefined && build.some((name) => C_BUILD.test(name)));
}

function isLinked(name: string): boolean {
  return C_BUILD.test(name) && !STATIC_IN_RUST.test(name);
}

/** What the steps set last; the base's own images set nothing. */
function cgoSetting(view: ImageView): string | undefined {
  const set = ownSteps(view).flatMap(({ args }) => [...args.matchAll(/\bCGO_ENABLED=["']?([01])/g)]);
  return set.at(-1)?.[1];
}
