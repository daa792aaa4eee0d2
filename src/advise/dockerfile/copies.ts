import type { LayerView } from '../../policy/image-view.ts';

/** One COPY or ADD of an image's own steps. */
export interface Copy {
  /** Files and folders of the build's context; none where they come from another stage, or are known by a digest only. */
  readonly sources: readonly string[];
  readonly target: string;
  /** So many of the commands of its own steps ran before it. */
  readonly after: number;
}

/** What the layers of an image copied, in order. */
export function copiesOf(layers: readonly LayerView[]): readonly Copy[] {
  let after = 0;
  return layers.flatMap(({ verb, args, commands }) => {
    after += commands.length;
    return verb === 'COPY' || verb === 'ADD' ? [copyOf(args, after)] : [];
  });
}

/** Classic Docker knows sources by a digest: `file:1b2c in /app/`. */
function copyOf(args: string, after: number): Copy {
  const words = args.split(/\s+/).filter((word) => !word.startsWith('--'));
  const isKnown = !/(?:^|\s)--from=/.test(args) && words.at(-2) !== 'in';
  return { sources: isKnown ? words.slice(0, -1) : [], target: words.at(-1) ?? '', after };
}

/** Whether a file of this name was copied. */
export function copiesFile({ sources, target }: Copy, name: string): boolean {
  return [...sources, target].some((path) => baseName(path).startsWith(name));
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
