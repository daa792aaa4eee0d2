import { readFileSync } from 'node:fs';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import type { BuiltManifest } from './image-builder.ts';

interface PairFile {
  readonly base: string | null;
  readonly baseLayers: number;
  readonly manifest: { readonly layers: readonly { readonly size: number }[] };
  readonly config: {
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly history: readonly { readonly empty_layer?: boolean }[];
  };
}

function readPair(name: string): PairFile {
  return JSON.parse(readFileSync(new URL(`../fixtures/slim-pairs/${name}.json`, import.meta.url), 'utf8'));
}

/** A real image of test/fixtures/slim-pairs to push to a registry: manifest and config, without its layers' bytes. */
export function pushablePair(name: string, created: string): BuiltManifest & { readonly pullBytes: number } {
  const { manifest, config } = readPair(name);
  return pushable(manifest, { ...config, created });
}

/** The base image of such an image, created in 2020, before all others. */
export function pushableBase(name: string): BuiltManifest & { readonly pullBytes: number } {
  const { manifest, config, baseLayers } = readPair(name);
  const made = { ...config, created: '2020-01-01T00:00:00Z' };
  const history = config.history.filter(({ empty_layer: isEmpty }) => !isEmpty).slice(0, baseLayers);
  return pushable(
    { ...manifest, layers: manifest.layers.slice(0, baseLayers) },
    { ...made, history, rootfs: { type: 'layers', diff_ids: config.rootfs.diff_ids.slice(0, baseLayers) } },
  );
}

function pushable(manifest: PairFile['manifest'], config: object): BuiltManifest & { readonly pullBytes: number } {
  const text = Buffer.from(JSON.stringify(config));
  const digest = digestOf(text);
  const body = Buffer.from(
    JSON.stringify({ ...manifest, config: { mediaType: MEDIA_TYPE.ociConfig, digest, size: text.length } }),
  );
  return {
    mediaType: MEDIA_TYPE.ociManifest,
    body,
    digest: digestOf(body),
    blobs: new Map([[digest, text]]),
    children: [],
    pullBytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
  };
}
