/** What a whiteout entry removes from the layers below. @see image-spec, layer.md, "Whiteouts" */
export type Whiteout =
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'opaque'; readonly directory: string }
  /** Metadata of AUFS, which runtimes skip. */
  | { readonly kind: 'ignore' };

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Parses a path as a whiteout. @returns undefined for any other path */
export function findWhiteout(path: string): Whiteout | undefined {
  const slash = path.lastIndexOf('/');
  if (!path.startsWith(WHITEOUT, slash + 1)) return undefined;
  const name = path.slice(slash + 1);
  if (name === OPAQUE) return { kind: 'opaque', directory: path.slice(0, Math.max(slash, 0)) };
  if (name.startsWith('.wh..wh.') || name === WHITEOUT) return { kind: 'ignore' };
  return { kind: 'remove', path: path.slice(0, slash + 1) + name.slice(WHITEOUT.length) };
}
