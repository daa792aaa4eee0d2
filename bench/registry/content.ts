import { DAY_MS } from '../../src/common/units.ts';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { BASES, type Step, type SyntheticBase } from './bases.ts';

/**
 * The contents of one synthetic repository. They depend only on its number and on the registry's shape, so they need
 * not be stored, and a registry may be of any size. Proportions are those of docs/performance.md: 2.5 tags share an
 * image, a fifth of the images are indexes (half of them OCI indexes with attestations, half Docker manifest lists).
 */
export interface SyntheticRepository {
  readonly name: string;
  /** In the order in which the registry lists them. */
  readonly tags: ReadonlyMap<string, Content>;
  readonly manifests: ReadonlyMap<Digest, Content>;
  readonly blobs: ReadonlyMap<Digest, Content>;
}

/** A manifest or blob. */
export interface Content {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly body: Buffer;
}

/** How large a synthetic registry is, and how often its tags have moved. */
export interface RegistryShape {
  readonly tags: number;
  readonly tagsPerRepository: number;
  /** How many nights have passed. In each, one tag in fifty moves to another image. */
  readonly night: number;
}

const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

const TAGS_PER_IMAGE = 2.5;
const MOVED_EVERY = 50;
const TEAMS = 12;
/** When the newest images were created; the others are up to 399 days older. */
const NEWEST = Date.UTC(2026, 9, 1);

/** The number of repositories that the tags fill. */
export function repositoryCount({ tags, tagsPerRepository }: RegistryShape): number {
  return Math.ceil(tags / tagsPerRepository);
}

/** `team-05/service-000017`; the numbers count from 0. */
export function repositoryName(number: number): string {
  return `team-${String(number % TEAMS).padStart(2, '0')}/service-${String(number).padStart(6, '0')}`;
}

/** The inverse of {@link repositoryName}; undefined for any other name. */
export function repositoryNumber(name: string): number | undefined {
  const digits = /^team-\d\d\/service-(\d{6,})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Generates the contents of a repository. */
export function renderRepository(number: number, shape: RegistryShape): SyntheticRepository {
  const repository = new Renderer(number);
  const first = number * shape.tagsPerRepository;
  const count = Math.min(shape.tagsPerRepository, shape.tags - first);
  const tags = new Map<string, Content>();
  for (let tag = 0; tag < count; tag++) {
    tags.set(`1.${String(tag).padStart(5, '0')}`, repository.image(imageOf(first + tag, tag, shape.night)));
  }
  return { name: repositoryName(number), tags, manifests: repository.manifests, blobs: repository.blobs };
}

/** The number of the image that a tag names: one that it shares with its neighbours, or its own once it has moved. */
function imageOf(tagNumber: number, tag: number, night: number): number {
  const moves = Math.floor((night + (tagNumber % MOVED_EVERY)) / MOVED_EVERY);
  const shared = Math.floor(tag / TAGS_PER_IMAGE);
  return moves === 0 ? shared : tag + 1_000_000 * moves;
}

/** The media types of an image. */
interface Format {
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}
const OCI: Format = { manifest: MEDIA_TYPE.ociManifest, config: MEDIA_TYPE.ociConfig, layer: OCI_LAYER };
const DOCKER: Format = { manifest: MEDIA_TYPE.dockerManifest, config: MEDIA_TYPE.dockerConfig, layer: DOCKER_LAYER };

/** Generates the images of one repository, each once. */
class Renderer {
  readonly manifests = new Map<Digest, Content>();
  readonly blobs = new Map<Digest, Content>();
  readonly #images = new Map<number, Content>();
  readonly #repository: number;

  constructor(repository: number) {
    this.#repository = repository;
  }

  image(number: number): Content {
    const known = this.#images.get(number);
    if (known) return known;
    const image = this.#render(number);
    this.#images.set(number, image);
    return image;
  }

  #render(number: number): Content {
    const remainder = (this.#repository + number) % 10;
    if (remainder === 0) return this.#index(MEDIA_TYPE.ociIndex, this.#platforms(number, OCI, true));
    if (remainder === 5) return this.#index(MEDIA_TYPE.dockerManifestList, this.#platforms(number, DOCKER, false));
    return this.#single(number, 'amd64', remainder % 2 === 0 ? OCI : DOCKER);
  }

  #platforms(number: number, format: Format, withAttestations: boolean): unknown[] {
    const images = ['amd64', 'arm64'].map((architecture) => ({
      architecture,
      ...this.#single(number, architecture, format),
    }));
    const children = images.map((image) => ({
      ...descriptor(image),
      platform: { architecture: image.architecture, os: 'linux' },
    }));
    return withAttestations ? [...children, ...images.map((image) => this.#attestation(image))] : children;
  }

  #index(mediaType: string, manifests: unknown[]): Content {
    return this.#manifest(mediaType, { schemaVersion: 2, mediaType, manifests });
  }

  #single(number: number, architecture: string, format: Format): Content {
    const seed = `${this.#repository}/${number}/${architecture}`;
    // Seven images of a repository in a row have the same base.
    const base = pick(BASES, `base ${this.#repository} ${Math.floor(number / 7)}`);
    const layers = layersOf(base, architecture, this.#repository, seed);
    const config = this.#blob(format.config, imageConfig(base, architecture, number, layers));
    return this.#manifest(format.manifest, {
      schemaVersion: 2,
      mediaType: format.manifest,
      config: descriptor(config),
      layers: layers.map(({ digest, size }) => ({ mediaType: format.layer, digest, size })),
    });
  }

  #attestation(image: Content): unknown {
    const statement = this.#blob(MEDIA_TYPE.inToto, {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: 'https://slsa.dev/provenance/v0.2',
      subject: [{ name: repositoryName(this.#repository), digest: { sha256: image.digest.slice(7) } }],
      predicate: { buildType: 'https://mobyproject.org/buildkit@v1', materials: [] },
    });
    const config = this.#blob(MEDIA_TYPE.ociConfig, {
      architecture: 'unknown',
      os: 'unknown',
      config: {},
      rootfs: { type: 'layers', diff_ids: [statement.digest] },
    });
    const manifest = this.#manifest(MEDIA_TYPE.ociManifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: descriptor(config),
      layers: [
        { ...descriptor(statement), annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' } },
      ],
    });
    const annotations = {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    return { ...descriptor(manifest), annotations, platform: { architecture: 'unknown', os: 'unknown' } };
  }

  #manifest(mediaType: string, value: unknown): Content {
    return addContent(this.manifests, mediaType, value);
  }

  #blob(mediaType: string, value: unknown): Content {
    return addContent(this.blobs, mediaType, value);
  }
}

function addContent(contents: Map<Digest, Content>, mediaType: string, value: unknown): Content {
  const body = Buffer.from(JSON.stringify(value));
  const content = { digest: digestOf(body), mediaType, body };
  contents.set(content.digest, content);
  return content;
}

function descriptor({ mediaType, digest, body }: Content): { mediaType: string; digest: Digest; size: number } {
  return { mediaType, digest, size: body.length };
}

interface Layer {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly size: number;
}

/** Layers of the base are shared by all images, those of dependencies by all builds of a repository on that base. */
function layersOf(base: SyntheticBase, architecture: string, repository: number, seed: string): readonly Layer[] {
  const baseLayers = base.steps.map((step) => layerOf(step, `${base.name} ${architecture}`));
  const dependencies = base.application
    .slice(0, -3)
    .map((step) => layerOf(step, `${base.name} ${repository} ${architecture}`));
  const sources = base.application.slice(-3).map((step) => layerOf(step, seed));
  return [...baseLayers, ...dependencies, ...sources].filter((layer) => layer !== undefined);
}

function layerOf({ by, bytes }: Step, seed: string): Layer | undefined {
  if (bytes === undefined) return undefined;
  const name = `${seed} ${by}`;
  return {
    digest: digestOf(`blob ${name}`),
    diffId: digestOf(`tar ${name}`),
    size: Math.round(bytes * (0.8 + 0.4 * fraction(name))),
  };
}

function imageConfig(base: SyntheticBase, architecture: string, image: number, layers: readonly Layer[]): unknown {
  const created = new Date(NEWEST - (image % 400) * DAY_MS).toISOString();
  return {
    architecture,
    os: 'linux',
    created,
    config: {
      Env: [...base.env, 'TZ=UTC', `BUILD=${image}`],
      Cmd: ['/bin/sh', '-c', 'run'],
      WorkingDir: '/app',
      Labels: {
        'org.opencontainers.image.revision': digestOf(`${image}`).slice(7, 47),
        'org.opencontainers.image.created': created,
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [...base.steps, ...base.application].map(({ by, bytes }) => ({
      created,
      created_by: by,
      ...(by.endsWith('# buildkit') ? { comment: 'buildkit.dockerfile.v0' } : {}),
      ...(bytes === undefined ? { empty_layer: true } : {}),
    })),
  };
}

function pick<T>(items: readonly T[], seed: string): T {
  const item = items[Math.floor(fraction(seed) * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** A number from 0 up to 1, derived from the seed. */
function fraction(seed: string): number {
  return Number.parseInt(digestOf(seed).slice(7, 19), 16) / 2 ** 48;
}
