import { chainIds } from '../oci/chain-id.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { SAMPLES, type SampleImage } from './sample-images.ts';

/** A manifest or config of the registry. */
export interface SampleContent {
  readonly body: string;
  readonly mediaType: string;
}

/** All content of the demo registry. */
export interface SampleRegistry {
  /** Manifest digests by tag, by repository. */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, Digest>>;
  readonly content: ReadonlyMap<Digest, SampleContent>;
}

/** Builds all sample images. Layers have digests but no content, since an audit does not read it. */
export function buildSamples(): SampleRegistry {
  const repositories = new Map<string, Map<string, Digest>>();
  const content = new Map<Digest, SampleContent>();
  const built = new Map<string, BuiltImage>();
  for (const sample of SAMPLES) {
    const image = buildImage(sample, sample.base === undefined ? undefined : built.get(sample.base));
    const config = store(content, image.config, MEDIA_TYPE.ociConfig);
    const layers = image.layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    }));
    const manifest = store(
      content,
      { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers },
      MEDIA_TYPE.ociManifest,
    );
    const tags = repositories.get(sample.repository) ?? new Map<string, Digest>();
    repositories.set(sample.repository, tags);
    for (const tag of sample.tags) {
      tags.set(tag, manifest.digest);
      built.set(`${sample.repository}:${tag}`, image);
    }
  }
  return { repositories, content };
}

interface BuiltImage {
  readonly layers: readonly { readonly digest: Digest; readonly size: number; readonly diffId: Digest }[];
  readonly history: readonly object[];
  readonly env: Readonly<Record<string, string>>;
  readonly config: object;
}

function buildImage(sample: SampleImage, base: BuiltImage | undefined): BuiltImage {
  const layers = [...(base?.layers ?? [])];
  for (const { createdBy, bytes } of sample.steps) {
    if (bytes === undefined) continue;
    const below = chainIds(layers.map(({ diffId }) => diffId)).at(-1);
    const diffId = digestOf(`${below ?? ''} ${createdBy} ${sample.created}`);
    layers.push({ digest: digestOf(`compressed ${diffId}`), size: bytes, diffId });
  }
  const steps = sample.steps.map(({ createdBy, bytes }) => ({
    created: sample.created,
    created_by: createdBy,
    ...(bytes === undefined ? { empty_layer: true } : {}),
  }));
  const history = [...(base?.history ?? []), ...steps];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...base?.env, ...envOf(sample) };
  const user = lastOf(sample, /^USER (.*)/);
  const command = lastOf(sample, /^(?:CMD|ENTRYPOINT) \[(.*)\]/) ?? '';
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: sample.created,
    config: {
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Cmd: [...command.matchAll(/"(.*?)"/g)].map(([, word]) => word),
      ...(user ? { User: user } : {}),
      ...(sample.labels ? { Labels: sample.labels } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history,
  };
  return { layers, history, env, config };
}

function envOf({ steps }: SampleImage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    steps.flatMap(({ createdBy }) => [...createdBy.matchAll(/^ENV (.*)=(.*)/g)].map(([, ...pair]) => pair)),
  );
}

/** What the last step of an instruction sets. */
function lastOf({ steps }: SampleImage, instruction: RegExp): string | undefined {
  return steps.map(({ createdBy }) => instruction.exec(createdBy)?.[1]).findLast((found) => found !== undefined);
}

/** Adds JSON content to the registry, and returns its descriptor. */
function store(
  content: Map<Digest, SampleContent>,
  value: object,
  mediaType: string,
): { mediaType: string; digest: Digest; size: number } {
  const body = JSON.stringify(value);
  const digest = digestOf(body);
  content.set(digest, { body, mediaType });
  return { mediaType, digest, size: Buffer.byteLength(body) };
}
