import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';

/** A history entry of a made-up image. */
export interface BuiltStep {
  /** Its `created_by`. */
  readonly line: string;
  /** `YYYY-MM-DD` (noon) or `YYYY-MM-DDThh:mm:ss`; `-`: without a time. */
  readonly day: string;
  readonly empty?: boolean;
  /** Compressed bytes of its layer. */
  readonly size?: number;
  readonly comment?: string;
  readonly author?: string;
}

/** A made-up image, described by its history. */
export interface BuiltImage {
  readonly steps: readonly BuiltStep[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly os?: string;
  readonly osVersion?: string;
}

/** The classifier's input for a made-up image. ENV steps set its environment, as they do in a build. */
export function builtImage(image: BuiltImage): ClassifierInput {
  const made = image.steps.filter((step) => step.empty !== true);
  const envLines = image.steps.flatMap(({ line }) => {
    const set = /^(?:\/bin\/sh -c #\(nop\) +)?ENV (.*)$/.exec(line)?.[1];
    return set === undefined ? [] : set.split(/ (?=\w+=)/);
  });
  const config = parseImageConfig(
    JSON.stringify({
      os: image.os ?? 'linux',
      'os.version': image.osVersion,
      architecture: 'amd64',
      config: {
        Env: [...envLines, ...(image.env ?? [])],
        Entrypoint: image.entrypoint,
        Cmd: image.cmd,
        Labels: image.labels,
      },
      rootfs: { type: 'layers', diff_ids: made.map((step) => digestOf(step.line + step.day)) },
      history: image.steps.map(({ line, day, empty, comment, author }) => ({
        created: timeOf(day),
        created_by: line,
        comment,
        author,
        ...(empty ? { empty_layer: true } : {}),
      })),
    }),
  );
  return {
    manifest: {
      form: 'manifest',
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf('config'),
        size: 1,
        annotations: {},
      },
      layers: made.map((step) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: digestOf(`blob ${step.line}${step.day}`),
        size: step.size ?? 1_000,
        annotations: {},
      })),
      annotations: {},
    },
    config,
    platform: { os: config.os, architecture: config.architecture },
    provenance: [],
    bases: [],
  };
}

function timeOf(day: string): string | undefined {
  if (day === '-') return undefined;
  return day.includes('T') ? `${day}Z` : `${day}T12:00:00Z`;
}
