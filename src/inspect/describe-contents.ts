import type { ImageMeasurement } from '../audit/measure-image.ts';
import type { Ecosystem } from '../deep/packages/package.ts';
import type { StackReport, Waste } from '../deep/stack.ts';
import { humanBytes } from '../measure/human-bytes.ts';

/** What the layers of one image hold, as `inspect --deep` shows it. Bytes are not compressed; layers count from 0. */
export interface DescribedContents {
  /** Of the layers' tars. */
  readonly uncompressed_bytes: number;
  readonly file_bytes: number;
  readonly useful_bytes: number;
  readonly files: number;
  /** Hidden by the image's own layers. */
  readonly wasted_bytes: number;
  /** Hidden by any layer, the base's among them, by cause. */
  readonly waste: Waste;
  readonly duplicate_bytes: number;
  readonly layers: readonly {
    readonly position: number;
    readonly file_bytes: number;
    readonly wasted_bytes: number;
    readonly waste: Waste;
  }[];
  readonly largest_files: StackReport['largest'];
  readonly wasted_files: StackReport['wastedFiles'];
  readonly packages: readonly { readonly ecosystem: Ecosystem; readonly packages: number; readonly bytes: number }[];
  /** Package databases that are there and were not read. */
  readonly unread: StackReport['unread'];
  readonly setuid_files: StackReport['setuid'];
  readonly sensitive_files: StackReport['sensitive'];
}

/** Describes the contents of an image's layers, as `inspect --deep --format json` writes them. Sizes are bytes. */
export function describeContents({ stack, uncompressedBytes, wastedBytes }: ImageMeasurement): DescribedContents {
  return {
    uncompressed_bytes: uncompressedBytes,
    file_bytes: stack.fileBytes,
    useful_bytes: stack.usefulBytes,
    files: stack.files,
    wasted_bytes: wastedBytes,
    waste: stack.wasted,
    duplicate_bytes: stack.duplicateBytes,
    layers: stack.layers.map(({ fileBytes, wastedBytes: bytes, wasted }, position) => {
      return { position, file_bytes: fileBytes, wasted_bytes: bytes, waste: wasted };
    }),
    largest_files: stack.largest,
    wasted_files: stack.wastedFiles,
    packages: countPackages(stack),
    unread: stack.unread,
    setuid_files: stack.setuid,
    sensitive_files: stack.sensitive,
  };
}

function countPackages({ packages }: StackReport): DescribedContents['packages'] {
  const counts = new Map<Ecosystem, { packages: number; bytes: number }>();
  for (const { ecosystem, bytes = 0 } of packages) {
    const count = counts.get(ecosystem) ?? { packages: 0, bytes: 0 };
    counts.set(ecosystem, { packages: count.packages + 1, bytes: count.bytes + bytes });
  }
  return [...counts].map(([ecosystem, count]) => ({ ecosystem, ...count }));
}

/** A terminal shows this many entries of each list; the data has more. */
const SHOWN = 10;

/** Returns the contents as lines of text for a terminal. */
export function contentsText(contents: DescribedContents): readonly string[] {
  const { largest_files, wasted_files, setuid_files, sensitive_files, packages, unread } = contents;
  const list = <T>(title: string, rows: readonly T[], line: (row: T) => string): string[] =>
    rows.length === 0 ? [] : [title, ...rows.slice(0, SHOWN).map((row) => `  ${line(row)}`)];
  return [
    `unpacked      ${humanBytes(contents.uncompressed_bytes)}, ${contents.files} visible files with ${humanBytes(contents.useful_bytes)}`,
    `wasted        ${humanBytes(contents.wasted_bytes)} by the image's own layers; in total ${wasteText(contents.waste)}`,
    `copies        ${humanBytes(contents.duplicate_bytes)} in files whose content is also elsewhere in the image`,
    ...list(
      'hidden in layers',
      contents.layers.filter(({ wasted_bytes }) => wasted_bytes > 0),
      ({ position, waste }) => `layer ${position + 1}: ${wasteText(waste)}`,
    ),
    ...list('largest files', largest_files, ({ bytes, layer, path }) => fileText(bytes, layer, path)),
    ...list(
      'largest wasted files',
      wasted_files,
      ({ bytes, layer, path, cause, hiddenBy }) => `${fileText(bytes, layer, path)}, ${cause} by layer ${hiddenBy + 1}`,
    ),
    ...list(
      'packages',
      packages,
      ({ ecosystem, packages: count, bytes }) => `${count} ${ecosystem}, ${humanBytes(bytes)}`,
    ),
    ...list('package databases that were not read', unread, ({ path }) => path),
    ...list('setuid and setgid programs', setuid_files, ({ layer, path }) => `layer ${layer + 1}  ${path}`),
    ...list(
      'files whose names suggest secrets',
      sensitive_files,
      ({ layer, path, isHidden }) =>
        `layer ${layer + 1}  ${path}${isHidden ? ' (hidden, but still in the layer)' : ''}`,
    ),
  ];
}

function fileText(bytes: number, layer: number, path: string): string {
  return `${humanBytes(bytes).padStart(8)}  layer ${layer + 1}  ${path}`;
}

function wasteText({ deleted, rewritten, replaced }: Waste): string {
  const parts = Object.entries({ deleted, rewritten, replaced }).filter(([, bytes]) => bytes > 0);
  return parts.map(([cause, bytes]) => `${humanBytes(bytes)} ${cause}`).join(', ') || 'none';
}
