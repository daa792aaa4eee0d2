import { readFileSync } from 'node:fs';
import type { ClassifierInput, KnownBase } from '../../src/classify/verdict.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseImageConfig } from '../../src/oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../../src/oci/manifest.ts';

/** An image of test/fixtures/lab-images.json, with the truth that its Dockerfile states. */
export interface LabImage {
  readonly names: readonly string[];
  readonly digest: Digest;
  readonly input: ClassifierInput;
  readonly truth: {
    readonly baseImage: string;
    readonly baseRef: string | null;
    readonly baseLayers: number;
    readonly distro: string | null;
    readonly distroVersion: string | null;
    readonly runtime: string | null;
    readonly runtimeVersion: string | null;
    readonly multiStage: boolean;
    readonly runsAsRoot: boolean;
  };
}

interface LabFile {
  readonly names: readonly string[];
  readonly digest: Digest;
  readonly indexDigest?: Digest;
  readonly manifest: object;
  readonly config: object;
  readonly provenance: readonly unknown[];
  readonly truth: LabImage['truth'];
}

/** The images of the lab's registry. Each has those of `library/` whose layers it starts with as its known bases. */
export function readLab(): readonly LabImage[] {
  const { images } = JSON.parse(readFileSync('test/fixtures/lab-images.json', 'utf8')) as { images: LabFile[] };
  const parsed = images.map((file) => ({ file, config: parseImageConfig(JSON.stringify(file.config)) }));
  return parsed.map(({ file, config }) => {
    const bases: KnownBase[] = parsed
      .filter((base) => base.file !== file && base.file.names.some((name) => name.startsWith('library/')))
      .filter((base) => base.config.diffIds.every((diffId, at) => diffId === config.diffIds[at]))
      .filter((base) => base.config.architecture === config.architecture)
      .map((base) => ({
        references: base.file.names,
        digest: base.file.digest,
        ...(base.file.indexDigest ? { indexDigest: base.file.indexDigest } : {}),
        layerCount: base.config.diffIds.length,
        origin: 'registry',
        labels: base.config.labels,
      }));
    const manifest = parseManifest(JSON.stringify(file.manifest)) as ImageManifest;
    return {
      names: file.names,
      digest: file.digest,
      truth: file.truth,
      input: { manifest, config, provenance: file.provenance, bases },
    };
  });
}
