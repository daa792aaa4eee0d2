import { commandWords } from '../../src/classify/history/instruction.ts';
import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';
import { imageManifest } from './image-manifest.ts';

/** A history entry of a made-up image. */
export interface BuiltStep {
  /** Its `created_by`. */
  readonly line: string;
  /** `YYYY-MM-DD` (noon) or `YYYY-MM-DDThh:mm:ss`; `-`: without a time; `?`: a layer that has no entry. */
  readonly day: string;
  readonly empty?: boolean;
  /** Compressed bytes of its layer. */
  readonly size?: number;
  readonly comment?: string;
  readonly author?: string;
}

/** A made-up image, described by its history. */
export interface MadeUpImage {
  readonly steps: readonly BuiltStep[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly os?: string;
  readonly osVersion?: string;
}

/** What the steps set, as they do in a build: an ENTRYPOINT resets the CMD before it. */
function settingsOf(steps: readonly BuiltStep[]): Pick<MadeUpImage, 'entrypoint' | 'cmd'> & { readonly env: string[] } {
  const settings: { entrypoint?: readonly string[]; cmd?: readonly string[]; env: string[] } = { env: [] };
  for (const { line } of steps) {
    const [, verb, args = ''] = /^(?:\/bin\/sh -c #\(nop\) +)?(ENV|ENTRYPOINT|CMD) (.*)$/.exec(line) ?? [];
    if (verb === 'ENV') settings.env.push(...args.split(/ (?=\w+=)/));
    if (verb === 'CMD') settings.cmd = commandWords(args);
    if (verb === 'ENTRYPOINT') Object.assign(settings, { entrypoint: commandWords(args), cmd: [] });
  }
  return settings;
}

/** The classifier's input for a made-up image. Its steps set what it starts and its environment, unless it says more. */
export function builtImage(image: MadeUpImage): ClassifierInput {
  const made = image.steps.filter((step) => step.empty !== true);
  const set = settingsOf(image.steps);
  const config = parseImageConfig(
    JSON.stringify({
      os: image.os ?? 'linux',
      'os.version': image.osVersion,
      architecture: 'amd64',
      config: {
        Env: [...set.env, ...(image.env ?? [])],
        Entrypoint: image.entrypoint ?? set.entrypoint,
        Cmd: image.cmd ?? set.cmd,
        Labels: image.labels,
      },
      rootfs: { type: 'layers', diff_ids: made.map((step) => digestOf(step.line + step.day)) },
      history: image.steps
        .filter(({ day }) => day !== '?')
        .map(({ line, day, empty, comment, author }) => ({
          created: timeOf(day),
          created_by: line,
          comment,
          author,
          ...(empty ? { empty_layer: true } : {}),
        })),
    }),
  );
  return {
    manifest: imageManifest(
      made.map(({ line, day, size = 1_000 }) => ({ digest: digestOf(`blob ${line}${day}`), size })),
    ),
    config,
    provenance: [],
    bases: [],
  };
}

function timeOf(day: string): string | undefined {
  if (day === '-') return undefined;
  return day.includes('T') ? `${day}Z` : `${day}T12:00:00Z`;
}
