import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentKind } from '../../../src/oci/content-kind.ts';
import { parseImageConfig } from '../../../src/oci/image-config.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';

// What public tools push in an image's form, each by the types, annotations and labels that its source writes.

const DIGEST = `sha256:${'a'.repeat(64)}`;
const TAR = 'application/vnd.oci.image.layer.v1.tar+gzip';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const LINUX = { os: 'linux', architecture: 'amd64' };
const BUNDLE = {
  config: 'application/vnd.oci.empty.v1+json',
  artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  layers: ['application/vnd.dev.sigstore.bundle.v0.3+json'],
};

interface Case {
  readonly is: string;
  /** The manifest's own type. */
  readonly form?: string;
  readonly config?: string;
  readonly layers: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly content?: object;
  readonly kind: string;
}

const cases: readonly Case[] = [
  { is: 'an image', layers: [TAR], content: LINUX, kind: 'image' },
  {
    is: 'an image for Nydus (dragonflyoss/nydus, docs/nydus-image.md)',
    layers: ['application/vnd.oci.image.layer.nydus.blob.v1', TAR],
    content: LINUX,
    kind: 'image',
  },
  {
    is: 'an encrypted image (containers/ocicrypt, spec/mediatypes.go)',
    layers: [`${TAR}+encrypted`, 'application/vnd.oci.image.layer.v1.tar+encrypted'],
    content: LINUX,
    kind: 'image',
  },
  {
    is: "an encrypted image of Docker's types (containers/ocicrypt, spec/mediatypes.go)",
    config: DOCKER_CONFIG,
    layers: ['application/vnd.docker.image.rootfs.diff.tar.gzip.enc'],
    content: LINUX,
    kind: 'image',
  },
  {
    is: "Homebrew's bottle for Linux (Homebrew/brew, github_packages.rb)",
    layers: [TAR],
    annotations: { 'com.github.package.type': 'homebrew_bottle', 'sh.brew.bottle.digest': 'a'.repeat(64) },
    content: { ...LINUX, 'os.version': 'Ubuntu 22.04.5' },
    kind: 'artifact',
  },
  {
    is: 'a buildpack package with a platform (buildpacks/pack, pkg/buildpack/builder.go)',
    layers: [TAR],
    content: { ...LINUX, config: { Labels: { 'io.buildpacks.buildpackage.metadata': '{"id":"samples/hello"}' } } },
    kind: 'artifact',
  },
  {
    is: 'a Flatpak (flatpak/flatpak, app/flatpak-builtins-build-bundle.c)',
    layers: [TAR],
    content: { ...LINUX, config: { Labels: { 'org.flatpak.ref': 'app/org.example.Notes/x86_64/stable' } } },
    kind: 'artifact',
  },
  {
    is: 'a Tekton bundle, whose config states no platform (tektoncd/pipeline, docs/tekton-bundle-contracts.md)',
    layers: [TAR],
    content: { os: '', architecture: '' },
    kind: 'artifact',
  },
  {
    is: 'a config of unknown platform',
    layers: [TAR],
    content: { os: 'unknown', architecture: 'unknown' },
    kind: 'artifact',
  },
  {
    is: 'a model of Ollama (ollama/ollama, server/manifest.go)',
    config: DOCKER_CONFIG,
    layers: ['application/vnd.ollama.image.model', 'application/vnd.ollama.image.template'],
    kind: 'artifact',
  },
  {
    is: 'a plugin of Docker Engine (moby/moby, plugin)',
    config: 'application/vnd.docker.plugin.v1+json',
    layers: ['application/vnd.docker.image.rootfs.diff.tar.gzip'],
    kind: 'artifact',
  },
  {
    is: 'a module of OpenTofu (opentofu/opentofu, docs of OCI registries)',
    config: 'application/vnd.oci.empty.v1+json',
    artifactType: 'application/vnd.opentofu.modulepkg',
    layers: ['archive/zip'],
    kind: 'artifact',
  },
  {
    is: 'an image whose config a registry of 2016 kept as plain bytes (moby/moby, distribution/registry.go)',
    form: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/octet-stream',
    layers: ['application/vnd.docker.image.rootfs.diff.tar.gzip'],
    content: LINUX,
    kind: 'image',
  },
  {
    is: 'plain bytes with a config of plain bytes',
    form: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/octet-stream',
    layers: ['application/octet-stream'],
    kind: 'artifact',
  },
  {
    is: 'a WebAssembly component, whose config has digests of its own in place of a file system (CNCF Wasm OCI Artifact layout)',
    layers: [],
    content: { os: 'wasip2', architecture: 'wasm', layerDigests: [DIGEST] },
    kind: 'artifact',
  },
  {
    is: 'a signature of Notation (notaryproject/specifications)',
    config: 'application/vnd.cncf.notary.signature',
    layers: ['application/jose+json'],
    kind: 'signature',
  },
  {
    is: 'a signature of Cosign 3, which is a statement (sigstore/cosign, cmd/cosign/cli/sign)',
    ...BUNDLE,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
    },
    kind: 'signature',
  },
  {
    is: 'build provenance in a bundle (actions/attest)',
    ...BUNDLE,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
    },
    kind: 'attestation',
  },
  {
    is: 'a bundle of a signature alone (sigstore/cosign, specs/BUNDLE_SPEC.md)',
    ...BUNDLE,
    annotations: { 'dev.sigstore.bundle.content': 'message-signature' },
    kind: 'signature',
  },
];

function kindOf({ form, config = OCI_CONFIG, layers, annotations, artifactType, content }: Omit<Case, 'is' | 'kind'>) {
  const manifest = parseManifest(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: form,
      artifactType,
      config: { mediaType: config, digest: DIGEST, size: 2 },
      layers: layers.map((mediaType) => ({ mediaType, digest: DIGEST, size: 2 })),
      annotations,
    }),
  );
  return contentKind(manifest, content && parseImageConfig(JSON.stringify(content)));
}

test.each(cases)('$is: $kind', ({ kind, ...given }) => {
  expect(kindOf(given)).toBe(kind);
});

test.each([
  'application/vnd.docker.ai.model.config.v0.1+json', // docker/model-spec, spec.md
  'application/vnd.buildkit.cacheconfig.v0', // moby/buildkit, cache/remotecache/v1/spec.go
  'application/vnd.sylabs.sif.config.v1+json', // sylabs/singularity
  'application/vnd.cncf.openpolicyagent.config.v1+json', // open-policy-agent/conftest, downloader
  'application/vnd.cncf.falco.rulesfile.config.v1+json', // falcosecurity/falcoctl, pkg/oci
  'application/vnd.cncf.flux.config.v1+json', // fluxcd/pkg, oci
  'application/vnd.devcontainers', // devcontainers/cli, spec-configuration
])('with a config of another type, even layers of an image are an artifact: %s', (config) => {
  expect(kindOf({ config, layers: [TAR] })).toBe('artifact');
});

test("the blobs of BuildKit's cache in an index are no manifests (moby/buildkit, cache/remotecache/export.go)", () => {
  const child = (mediaType: string) => ({ mediaType, digest: DIGEST, size: 2 });
  const index = parseManifest(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [child(TAR), child('application/vnd.buildkit.cacheconfig.v0')],
    }),
  );
  expect(index).toMatchObject({ form: 'index', manifests: [] });
  expect(contentKind(index)).toBe('index');
});

test.each([
  ['application/vnd.cncf.notary.signature', 'signature'],
  ['application/vnd.example.sbom', 'artifact'],
])('a manifest of blobs alone, of type %s, is: %s (image-spec 1.1.0-rc2, artifact.md)', (artifactType, kind) => {
  const manifest = parseManifest(
    JSON.stringify({
      mediaType: 'application/vnd.oci.artifact.manifest.v1+json',
      artifactType,
      blobs: [{ mediaType: 'application/jose+json', digest: DIGEST, size: 2 }],
      subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: DIGEST, size: 2 },
    }),
  );
  expect(manifest).toMatchObject({ form: 'artifact', blobs: [{ size: 2 }], subject: { digest: DIGEST } });
  expect(contentKind(manifest)).toBe(kind);
});

const CORPUS = 'test/fixtures/corpus/images';
/** The corpus tells images, indexes, attestations and the rest; signatures have a word of their own here. */
const SIGNATURES: readonly string[] = ['cosign-signature'];
const published = readdirSync(CORPUS)
  .map((file) => ({ name: file.replace('.json', ''), ...JSON.parse(readFileSync(join(CORPUS, file), 'utf8')) }))
  .filter(({ manifest }) => manifest?.schemaVersion === 2);

test.each(published)('$name has the kind that its source states', ({ name, manifest, config, truth }) => {
  const kind = contentKind(
    parseManifest(JSON.stringify(manifest)),
    config ? parseImageConfig(JSON.stringify(config)) : undefined,
  );
  expect(kind).toBe(SIGNATURES.includes(name) ? 'signature' : truth.kind);
});
