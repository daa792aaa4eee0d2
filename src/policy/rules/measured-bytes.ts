import type { MeasuredLayer } from '../audited-image.ts';
import { type Files, filesIn } from '../compressed-share.ts';
import { measuredFiles, totalOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** Waste below this, in a whole image, is not worth reporting. */
const WORTH_REPORTING_BYTES = 100_000;

interface Waste extends Files {
  readonly subject?: string;
}

/**
 * Returns a function that counts the files of some areas as waste. Its subject names the areas that the layer has,
 * largest first.
 * @param areas names of config/files.json
 */
function wasteIn(areas: readonly string[]): (contents: MeasuredLayer) => Waste {
  return (contents) => {
    const found = areas
      .map((name) => ({ name, bytes: contents.areaBytes[name] ?? 0 }))
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => b.bytes - a.bytes);
    return { ...filesIn(contents, areas), subject: found.map(({ name }) => name).join(', ') };
  };
}

/** Files that the program does not need. */
interface NeedlessFiles extends Pick<Rule, 'id' | 'title'> {
  readonly remedy: string;
  /** Measures the waste of one layer. */
  readonly wasteOf: (contents: MeasuredLayer) => Waste;
}

/** Makes a rule that measures such files. It finds nothing in layers that were not read. */
function measuredBytesRule({ id, title, remedy, wasteOf }: NeedlessFiles): Rule {
  const find: Rule['find'] = (view) => {
    const evidence = view.own.flatMap((layer) => {
      if (!layer.contents) return [];
      const waste = wasteOf(layer.contents);
      return measuredFiles(layer, waste, waste.subject);
    });
    const bytes = totalOf(evidence);
    if (bytes.max < WORTH_REPORTING_BYTES) return undefined;
    return { confidence: 'proven', message: `${title}: ${remedy}`, evidence, bytes };
  };
  return { id, severity: 'info', title, find };
}

const LEFTOVERS =
  'version-control logs temporary source-maps dependency-tests cargo-cache composer-cache gem-cache nuget-cache'.split(
    ' ',
  );

const NEEDLESS: readonly NeedlessFiles[] = [
  {
    id: 'duplicate-files',
    title: 'The same files are in the image more than once',
    remedy: 'copy a file once, and create links to it for other paths',
    wasteOf: ({ duplicateBytes }) => ({ bytes: duplicateBytes }),
  },
  {
    id: 'docs-and-locales',
    title: 'Documentation and translations are in the image',
    remedy:
      'use a slim base, which is configured to leave them out, or exclude /usr/share/doc, man and locale in dpkg.cfg.d',
    wasteOf: wasteIn(['documentation', 'locales']),
  },
  {
    id: 'debug-symbols',
    title: 'Debug symbols are in the image',
    remedy:
      'publish without symbol files (.NET: -p:DebugType=none), do not install -dbg packages, and keep symbols outside of the image',
    wasteOf: wasteIn(['debug-symbols']),
  },
  {
    id: 'leftover-files',
    title: 'Files that only the build or the repository needs are in the image',
    remedy: 'list .git, tests and logs in .dockerignore, and copy only what the program needs from an earlier stage',
    wasteOf: wasteIn(LEFTOVERS),
  },
];

/** The rules about files that only reading the layers finds. */
export const measuredBytes: readonly Rule[] = NEEDLESS.map(measuredBytesRule);
