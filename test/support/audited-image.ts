import { readFileSync } from 'node:fs';
import { readBuildHistory } from '../../src/classify/history/build-steps.ts';
import { redact } from '../../src/classify/redact.ts';
import type { ImageVerdict, LayerClass, Runtime, Variant } from '../../src/classify/verdict.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../../src/oci/manifest.ts';
import type { AuditedImage, BaseFacts, LayerContents } from '../../src/policy/audited-image.ts';

/** One layer to build an image from. */
export interface LayerSketch {
  readonly instruction?: string;
  readonly bytes?: number;
  readonly class?: LayerClass;
  readonly contents?: LayerContents;
}

/** An image in the words that rules and advice care about; everything else is filled in. */
export interface ImageSketch {
  readonly base?: readonly LayerSketch[];
  readonly own?: readonly LayerSketch[];
  /** undefined: a base without a name; null: nobody knows where the base ends. */
  readonly baseNames?: readonly string[] | null;
  readonly baseEvidence?: string;
  readonly confidence?: 'proven' | 'declared' | 'inferred';
  readonly runtime?: Runtime;
  readonly runtimeVersion?: string;
  readonly variant?: Variant;
  readonly multiStage?: 'yes' | 'no' | 'unknown';
  readonly config?: Readonly<Record<string, unknown>>;
  readonly baseFacts?: BaseFacts;
  readonly root?: boolean;
}

/** Draws an image: a manifest and a config that parse, and a verdict to match. */
export function auditedImage(sketch: ImageSketch = {}): AuditedImage {
  const base = sketch.base ?? [{ instruction: 'ADD rootfs.tar /', bytes: 30_000_000 }];
  const layers = [...base, ...(sketch.own ?? [])];
  const config = parseImageConfig(JSON.stringify(configOf(sketch, layers)));
  return {
    manifest: manifestOf(layers),
    config,
    verdict: verdictOf(sketch, base.length, layers),
    ...(layers.some(({ contents }) => contents) ? { contents: layers.map(({ contents }) => contents) } : {}),
    ...(sketch.baseFacts ? { baseFacts: sketch.baseFacts } : {}),
  };
}

function configOf(sketch: ImageSketch, layers: readonly LayerSketch[]) {
  return {
    os: 'linux',
    architecture: 'amd64',
    config: sketch.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map((_, at) => digestOf(`diff ${at}`)) },
    history: layers.map(({ instruction }) => ({ created_by: instruction ?? 'COPY app /app # buildkit' })),
  };
}

function manifestOf(layers: readonly LayerSketch[]): ImageManifest {
  const manifest = parseManifest(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('config'), size: 1_000 },
      layers: layers.map(({ bytes }, at) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: digestOf(`layer ${at} ${bytes}`),
        size: bytes ?? 1_000_000,
      })),
    }),
  );
  if (manifest.form !== 'manifest') throw new Error('a drawn manifest is a manifest');
  return manifest;
}

function verdictOf(sketch: ImageSketch, baseLayers: number, layers: readonly LayerSketch[]): ImageVerdict {
  const { baseNames, runtime, runtimeVersion, variant } = sketch;
  return {
    base:
      baseNames === null
        ? { confidence: 'unknown', reason: 'not-in-catalogue' }
        : {
            confidence: sketch.confidence ?? 'proven',
            references: baseNames ?? ['library/debian:trixie-slim'],
            evidence: sketch.baseEvidence ?? 'layer-chain:library/debian:trixie-slim',
            layerCount: baseLayers,
          },
    ...(runtime
      ? {
          runtime: {
            value: { name: runtime, ...(runtimeVersion ? { version: runtimeVersion } : {}) },
            confidence: 'inferred',
            evidence: 'env',
          },
        }
      : {}),
    ...(variant ? { variant: { value: variant, confidence: 'proven', evidence: 'base' } } : {}),
    multiStage: { value: sketch.multiStage ?? 'unknown', evidence: 'drawn' },
    runsAsRoot: sketch.root ?? false,
    ownLabels: {},
    layers: layers.map((layer, at) => ({
      class: at < baseLayers ? 'base' : (layer.class ?? 'application'),
      instruction: redact(layer.instruction ?? 'COPY app /app'),
    })),
    signals: [],
  };
}

/** A real image of test/fixtures/slim-pairs, with its verdict completed by hand. */
export function pairImage(
  name: string,
  sketch: Pick<ImageSketch, 'runtime' | 'runtimeVersion' | 'variant' | 'baseNames' | 'multiStage' | 'root'> = {},
): AuditedImage {
  const path = new URL(`../fixtures/slim-pairs/${name}.json`, import.meta.url);
  const { baseLayers, manifest, config } = JSON.parse(readFileSync(path, 'utf8'));
  const parsed = parseManifest(JSON.stringify(manifest));
  if (parsed.form !== 'manifest') throw new Error(`${name} is no image`);
  const imageConfig = parseImageConfig(JSON.stringify(config));
  const { steps } = readBuildHistory(imageConfig, parsed.layers.length);
  const layers = parsed.layers.map((_, at) => {
    const step = steps.find(({ layer }) => layer === at);
    return { instruction: step ? `${step.verb} ${step.args}` : '' };
  });
  return { manifest: parsed, config: imageConfig, verdict: verdictOf(sketch, baseLayers, layers) };
}
