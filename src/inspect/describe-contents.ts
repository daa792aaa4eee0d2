import { groupBy } from '../common/group-by.ts';
import { sum } from '../common/sum.ts';
import type { ImageMeasurement } from '../deep/measure-image.ts';
import type { StackReport } from '../deep/stack/stack-layers.ts';
import type { Waste } from '../deep/stack/waste.ts';
import { humanBytes } from '../measure/human-bytes.ts';

/** {@link describeContents} */
export type DescribedContents = ReturnType<typeof describeContents>;

/** Describes what an image's layers hold, as `inspect --deep` shows it. Bytes are not compressed; layers count from 0. */
export function describeContents({ stack, uncompressedBytes, wastedBytes }: ImageMeasurement) {
  const { layers, fileBytes, usefulBytes, files, duplicateBytes, wastedFiles, unread } = stack;
  return {
    /** Of the layers' tars. */
    uncompressedBytes,
    fileBytes,
    usefulBytes,
    files,
    /** Hidden by the image's own layers. */
    wastedBytes,
    /** Hidden by any layer, the base's among them, by cause. */
    waste: stack.wasted,
    duplicateBytes,
    layers: layers.map((layer, position) => {
      return { position, fileBytes: layer.fileBytes, wastedBytes: layer.wastedBytes, waste: layer.wasted };
    }),
    largestFiles: stack.largest,
    wastedFiles,
    packages: countPackages(stack),
    /** Package databases that are there and were not read. */
    unread,
    setuidFiles: stack.setuid,
    sensitiveFiles: stack.sensitive,
  };
}

function countPackages({ packages }: StackReport) {
  const byEcosystem = groupBy(packages, ({ ecosystem }) => ecosystem);
  return [...byEcosystem].map(([ecosystem, found]) => ({
    ecosystem,
    packages: found.length,
    bytes: sum(found.map(({ bytes = 0 }) => bytes)),
  }));
}

/** A terminal shows this many entries of each list; the data has more. */
const SHOWN = 10;

/** Returns the contents as lines of text for a terminal. */
export function contentsText(contents: DescribedContents): readonly string[] {
  const { largestFiles, wastedFiles, setuidFiles, sensitiveFiles, packages, unread } = contents;
  const list = <T>(title: string, rows: readonly T[], line: (row: T) => string): string[] =>
    rows.length === 0 ? [] : [title, ...rows.slice(0, SHOWN).map((row) => `  ${line(row)}`)];
  return [
    `unpacked      ${humanBytes(contents.uncompressedBytes)}, ${contents.files} visible files with ${humanBytes(contents.usefulBytes)}`,
    `wasted        ${humanBytes(contents.wastedBytes)} by the image's own layers; in total ${wasteText(contents.waste)}`,
    `copies        ${humanBytes(contents.duplicateBytes)} in files whose content is also elsewhere in the image`,
    ...list(
      'hidden in layers',
      contents.layers.filter(({ wastedBytes }) => wastedBytes > 0),
      ({ position, waste }) => `layer ${position + 1}: ${wasteText(waste)}`,
    ),
    ...list('largest files', largestFiles, ({ bytes, layer, path }) => fileText(bytes, layer, path)),
    ...list(
      'largest wasted files',
      wastedFiles,
      ({ bytes, layer, path, cause, hiddenBy }) => `${fileText(bytes, layer, path)}, ${cause} by layer ${hiddenBy + 1}`,
    ),
    ...list(
      'packages',
      packages,
      ({ ecosystem, packages: count, bytes }) => `${count} ${ecosystem}, ${humanBytes(bytes)}`,
    ),
    ...list('package databases that were not read', unread, ({ path }) => path),
    ...list('setuid and setgid programs', setuidFiles, ({ layer, path }) => `layer ${layer + 1}  ${path}`),
    ...list(
      'files whose names suggest secrets',
      sensitiveFiles,
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
