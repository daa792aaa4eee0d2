import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { BASES, type Step, type SyntheticBase } from './bases.ts';

/**
 * The content of one synthetic repository, a function of its number: nothing is kept, so a registry may be as large as
 * the test wants. Proportions are those of docs/performance.md: 2.5 tags share an image, a fifth of the images are an
 * index (half of them OCI with attestations, half Docker's lists).
 */
export interface SyntheticRepository {
  readonly name: string;
  /** In the order that the registry lists them. */
  readonly tags: ReadonlyMap<string, Content>;
  readonly manifests: ReadonlyMap<Digest, Content>;
  readonly blobs: ReadonlyMap<Digest, Content>;
}

export interface Content {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly body: Buffer;
}

export interface RegistryShape {
  readonly tags: number;
  readonly tagsPerRepository: number;
  /** In night n, one tag of fifty points at another image than the night before. */
  readonly night: number;
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
const IN_TOTO = 'application/vnd.in-toto+json';

const TAGS_PER_IMAGE = 2.5;
const MOVED_EVERY = 50;
const TEAMS = 12;
/** The newest images are of this day; older ones step back from it. */
const NEWEST = Date.UTC(2026, 9, 1);
const DAY_MS = 86_400_000;

export function repositoryCount({ tags, tagsPerRepository }: RegistryShape): number {
  return Math.ceil(tags / tagsPerRepository);
}

export function repositoryName(number: number): string {
  return `team-${String(number % TEAMS).padStart(2, '0')}/service-${String(number).padStart(6, '0')}`;
}

/** The inverse of {@link repositoryName}; undefined for any other name. */
export function repositoryNumber(name: string): number | undefined {
  const digits = /^team-\d\d\/service-(\d{6,})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

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

/** Which image of its repository a tag names: its neighbours', or one of its own since it moved. */
function imageOf(tagNumber: number, tag: number, night: number): number {
  const moves = Math.floor((night + (tagNumber % MOVED_EVERY)) / MOVED_EVERY);
  const shared = Math.floor(tag / TAGS_PER_IMAGE);
  return moves === 0 ? shared : tag + 1_000_000 * moves;
}

interface Format {
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}
const OCI: Format = { manifest: OCI_MANIFEST, config: OCI_CONFIG, layer: OCI_LAYER };
const DOCKER: Format = { manifest: DOCKER_MANIFEST, config: DOCKER_CONFIG, layer: DOCKER_LAYER };

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
    const place = (this.#repository + number) % 10;
    if (place === 0) return this.#index(OCI_INDEX, this.#platforms(number, OCI, true));
    if (place === 5) return this.#index(DOCKER_LIST, this.#platforms(number, DOCKER, false));
    return this.#single(number, 'amd64', place % 2 === 0 ? OCI : DOCKER);
  }

  #platforms(number: number, format: Format, attested: boolean): unknown[] {
    const images = ['amd64', 'arm64'].map((architecture) => ({
      architecture,
      ...this.#single(number, architecture, format),
    }));
    const children = images.map((image) => ({
      ...descriptor(image),
      platform: { architecture: image.architecture, os: 'linux' },
    }));
    return attested ? [...children, ...images.map((image) => this.#attestation(image))] : children;
  }

  #index(mediaType: string, manifests: unknown[]): Content {
    return this.#manifest(mediaType, { schemaVersion: 2, mediaType, manifests });
  }

  #single(number: number, architecture: string, format: Format): Content {
    const seed = `${this.#repository}/${number}/${architecture}`;
    // A repository keeps its base for some images, then moves on.
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
    const statement = this.#blob(IN_TOTO, {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: 'https://slsa.dev/provenance/v0.2',
      subject: [{ name: repositoryName(this.#repository), digest: { sha256: image.digest.slice(7) } }],
      predicate: { buildType: 'https://mobyproject.org/buildkit@v1', materials: [] },
    });
    const config = this.#blob(OCI_CONFIG, {
      architecture: 'unknown',
      os: 'unknown',
      config: {},
      rootfs: { type: 'layers', diff_ids: [statement.digest] },
    });
    const manifest = this.#manifest(OCI_MANIFEST, {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
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
    return keep(this.manifests, mediaType, value);
  }

  #blob(mediaType: string, value: unknown): Content {
    return keep(this.blobs, mediaType, value);
  }
}

function keep(contents: Map<Digest, Content>, mediaType: string, value: unknown): Content {
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

/** The base's layers are the same in every image; what comes before the sources, in every build of a repository. */
function layersOf(base: SyntheticBase, architecture: string, repository: number, seed: string): readonly Layer[] {
  const below = base.steps.map((step) => layerOf(step, `${base.name} ${architecture}`));
  const dependencies = base.application
    .slice(0, -3)
    .map((step) => layerOf(step, `${base.name} ${repository} ${architecture}`));
  const sources = base.application.slice(-3).map((step) => layerOf(step, seed));
  return [...below, ...dependencies, ...sources].filter((layer) => layer !== undefined);
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

function pick<T>(items: readonly [T, ...T[]] | readonly T[], seed: string): T {
  const item = items[Math.floor(fraction(seed) * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** 0 to 1, the same for the same seed. */
function fraction(seed: string): number {
  return Number.parseInt(digestOf(seed).slice(7, 19), 16) / 2 ** 48;
}
