import { readFileSync } from 'node:fs';
import { classifyImage } from '../../src/classify/classify-image.ts';
import type { ImageVerdict, KnownBase, LayerClass, Runtime, Variant } from '../../src/classify/verdict.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import type { AuditedImage, BaseFacts, MeasuredLayer } from '../../src/policy/audited-image.ts';
import { redact } from '../../src/secrets/redact.ts';
import { imageManifest } from './image-manifest.ts';

/** A layer of an {@link ImageSketch}; `contents` is set if it was read with `--deep`. */
export interface LayerSketch {
  readonly instruction?: string;
  readonly bytes?: number;
  readonly class?: LayerClass;
  readonly contents?: Partial<MeasuredLayer>;
}

/** The properties of an image that rules and advice depend on; defaults fill in everything else. */
export interface ImageSketch {
  readonly base?: readonly LayerSketch[];
  readonly own?: readonly LayerSketch[];
  /** undefined: `library/debian:trixie-slim`; null: it is not known where the base ends. */
  readonly baseNames?: readonly string[] | null;
  /** How many first layers contain nothing but the runtime; default: all layers of the base; null: not known. */
  readonly runtimeLayers?: number | null;
  readonly baseEvidence?: string;
  readonly confidence?: 'proven' | 'declared' | 'inferred';
  readonly runtime?: Runtime;
  readonly runtimeVersion?: string;
  readonly variant?: Variant;
  readonly framework?: string;
  readonly distro?: { readonly id: string; readonly version?: string };
  readonly multiStage?: 'yes' | 'no' | 'unknown';
  readonly config?: Readonly<Record<string, unknown>>;
  /** History entries without a layer, before all others. */
  readonly settings?: readonly string[];
  /** History entries without a layer, after all others. */
  readonly steps?: readonly string[];
  readonly baseFacts?: BaseFacts;
  readonly root?: boolean;
}

const NOTHING_FOUND: MeasuredLayer = {
  fileBytes: 0,
  areaBytes: {},
  deletedBytes: 0,
  rewrittenBytes: 0,
  duplicateBytes: 0,
  developmentPackages: [],
  toolchain: [],
  setuidFiles: [],
  sensitiveFiles: [],
};

/** Makes an image from a sketch: a manifest and a config that parse, and a verdict that matches them. */
export function auditedImage(sketch: ImageSketch = {}): AuditedImage {
  const base = sketch.base ?? [{ instruction: 'ADD rootfs.tar /', bytes: 30_000_000 }];
  const layers = [...base, ...(sketch.own ?? [])];
  const config = parseImageConfig(JSON.stringify(configOf(sketch, layers)));
  return {
    manifest: imageManifest(
      layers.map(({ bytes = 1_000_000 }, at) => ({ digest: digestOf(`layer ${at} ${bytes}`), size: bytes })),
    ),
    config,
    verdict: verdictOf(sketch, base.length, layers),
    ...(layers.some(({ contents }) => contents)
      ? { contents: layers.map(({ contents }) => contents && { ...NOTHING_FOUND, ...contents }) }
      : {}),
    ...(sketch.baseFacts ? { baseFacts: sketch.baseFacts } : {}),
  };
}

function configOf(sketch: ImageSketch, layers: readonly LayerSketch[]) {
  return {
    os: 'linux',
    architecture: 'amd64',
    config: sketch.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map((_, at) => digestOf(`diff ${at}`)) },
    history: [
      ...settingsOf(sketch.settings),
      ...layers.map(({ instruction }) => ({ created_by: instruction ?? 'COPY app /app # buildkit' })),
      ...settingsOf(sketch.steps),
    ],
  };
}

function settingsOf(lines: readonly string[] = []) {
  return lines.map((created_by) => ({ created_by, empty_layer: true }));
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
    ...(sketch.distro ? { distro: { value: sketch.distro, confidence: 'inferred', evidence: 'drawn' } } : {}),
    ...(sketch.framework ? { framework: { value: sketch.framework, confidence: 'inferred', evidence: 'drawn' } } : {}),
    ...(variant ? { variant: { value: variant, confidence: 'proven', evidence: 'base' } } : {}),
    ...(sketch.runtimeLayers === null ? {} : { runtimeLayers: sketch.runtimeLayers ?? baseLayers }),
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

/** A real image of test/fixtures/slim-pairs, classified with its base image as the only known one. */
export function pairImage(name: string): AuditedImage {
  const path = new URL(`../fixtures/slim-pairs/${name}.json`, import.meta.url);
  const { base, baseLayers, manifest, config } = JSON.parse(readFileSync(path, 'utf8'));
  const known: KnownBase[] =
    base === null ? [] : [{ references: [base], digest: digestOf(base), layerCount: baseLayers, origin: 'catalogue' }];
  return classified(JSON.stringify(manifest), JSON.stringify(config), known);
}

/** Classifies an image from the text of its manifest and config; the result is the input of rules and advice. */
export function classified(manifestText: string, configText: string, bases: readonly KnownBase[]): AuditedImage {
  const manifest = parseManifest(manifestText);
  if (manifest.form !== 'manifest') throw new Error('no image manifest');
  const config = parseImageConfig(configText);
  return { manifest, config, verdict: classifyImage({ manifest, config, provenance: [], bases }) };
}
