import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClassifierInput, KnownBase } from '../../src/classify/verdict.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../../src/oci/manifest.ts';
import { imageManifest } from './image-manifest.ts';

/** The right answers for one image; undefined = not known, null = none. */
export interface Truth {
  readonly distro?: string | null;
  readonly distroVersion?: string;
  readonly baseImage?: string;
  readonly runtime?: string;
  readonly runtimeVersion?: string;
  readonly multiStage?: boolean;
  /** The metadata does not mention the distribution, so having no answer is right, too. */
  readonly distroHidden: boolean;
}

/** An image with its truth. */
export interface LabelledImage {
  readonly name: string;
  /** The public names of exactly this image. */
  readonly names: readonly string[];
  readonly digest: Digest;
  readonly input: ClassifierInput;
  readonly truth: Truth;
}

// biome-ignore lint/suspicious/noExplicitAny: test data of several shapes, read once here
type Json = any;

/** All images of test/fixtures/corpus that have a config, be it made from an official listing or verbatim. */
export function readCorpus(folder: string): readonly LabelledImage[] {
  return [...readFolder(join(folder, 'official'), officialImage), ...readFolder(join(folder, 'images'), verbatimImage)];
}

function readFolder(
  folder: string,
  read: (file: Json, name: string) => LabelledImage | undefined,
): readonly LabelledImage[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return files.flatMap((name) => read(JSON.parse(readFileSync(join(folder, name), 'utf8')), name.slice(0, -5)) ?? []);
}

/** Makes an image from a listing, which has no config: its environment and labels come from ENV and LABEL entries. */
function officialImage(file: Json, name: string): LabelledImage {
  const env = new Map([['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']]);
  const labels = new Map<string, string>();
  for (const { created_by: line } of file.history) {
    const [, verb, rest = ''] = /^(ENV|LABEL) ([\s\S]*)$/.exec(line) ?? [];
    for (const [key, value] of verb ? pairs(rest) : []) (verb === 'ENV' ? env : labels).set(key, value);
  }
  const config = {
    os: 'linux',
    architecture: 'amd64',
    config: {
      Env: [...env].map(([key, value]) => `${key}=${value}`),
      Labels: Object.fromEntries(labels),
      Entrypoint: file.entrypoint,
      Cmd: file.cmd,
    },
    rootfs: { type: 'layers', diff_ids: file.layers.map((layer: Json) => digestOf(`diff:${layer.digest}`)) },
    history: file.history.map((entry: Json) => ({
      ...entry,
      created_by: entry.created_by.replace(/^RUN (?=# debian\.sh|BusyBox |umoci )/, ''),
    })),
  };
  const { truth } = file;
  return {
    name: `official/${name}`,
    names: [file.reference.replace('docker.io/', '')],
    digest: file.manifestDigest,
    input: inputOf(config, file.layers),
    truth: {
      distro: truth.distro,
      distroHidden: false,
      baseImage: truth.baseImage,
      multiStage: truth.multiStage,
      ...known('distroVersion', truth.distroVersion),
      ...known('runtime', truth.runtime),
      ...known('runtimeVersion', truth.runtimeVersion),
    },
  };
}

function pairs(text: string): readonly (readonly [string, string])[] {
  return text.split(/\s+(?=[A-Za-z_][\w.-]*=)/).map((part) => {
    const at = part.indexOf('=');
    return [part.slice(0, at).trim(), part.slice(at + 1).replace(/^"([\s\S]*)"$/, '$1')] as const;
  });
}

function verbatimImage(file: Json, name: string): LabelledImage | undefined {
  const { truth } = file;
  if (truth.kind !== 'image' || !file.config) return undefined;
  const hidden = truth.distro !== null && truth.wordsInMetadata.length === 0;
  const [runtime, runtimeVersion] = truth.runtime?.split(' ') ?? [];
  return {
    name: `images/${name}`,
    names: truth.identity ? [truth.identity] : [],
    digest: file.manifestDigest ?? digestOf(name),
    input: inputOf(file.config, file.layers, file.manifest),
    truth: {
      distroHidden: hidden,
      // "Not known" and "none" are both null there; only an image from scratch certainly has none.
      ...(truth.distro === null && truth.baseImage !== 'scratch' ? {} : { distro: truth.distro }),
      ...known('distroVersion', truth.distroVersion),
      ...known('baseImage', truth.baseImage),
      ...known('multiStage', truth.multiStage),
      ...known('runtime', runtime),
      ...known('runtimeVersion', runtimeVersion),
    },
  };
}

function known(key: string, value: unknown): object {
  return value === null || value === undefined ? {} : { [key]: value };
}

function inputOf(config: Json, layers: Json, manifest?: Json): ClassifierInput {
  const parsed = parseImageConfig(JSON.stringify(config));
  return {
    manifest:
      manifest?.schemaVersion === 2
        ? (parseManifest(JSON.stringify(manifest)) as ImageManifest)
        : manifestOf(layers, parsed.diffIds),
    config: parsed,
    provenance: [],
    bases: [],
  };
}

/** A manifest for an image that was recorded without one. Sizes are zero where the compressed ones are not known. */
function manifestOf(layers: Json, diffIds: readonly Digest[]): ImageManifest {
  const rows: Json[] = layers?.length ? layers : diffIds.map((digest) => ({ digest, size: 0 }));
  return imageManifest(
    rows.map(({ digest, diffId, size, sizeKind }) => ({
      digest: digest ?? diffId,
      size: sizeKind === 'uncompressed' ? 0 : (size ?? 0),
    })),
  );
}

/** The images of the catalogue whose layers are the first layers of an image, compared by diff ID. */
export function basesOf(image: LabelledImage, catalogue: readonly LabelledImage[]): readonly KnownBase[] {
  const chain = image.input.config.diffIds;
  return catalogue.flatMap((base) => {
    const { diffIds, labels } = base.input.config;
    const isPrefix =
      base !== image &&
      base.names.length > 0 &&
      diffIds.length > 0 &&
      diffIds.every((diffId, at) => diffId === chain[at]);
    return isPrefix
      ? [
          {
            references: base.names,
            digest: base.digest,
            layerCount: diffIds.length,
            origin: 'catalogue' as const,
            labels,
          },
        ]
      : [];
  });
}
