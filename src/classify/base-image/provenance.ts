import { decoded } from '../../common/decoded.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { findJsonObject, isObject, type JsonObject, readOptionalString } from '../../oci/json.ts';
import { type DockerfileStages, readDockerfile } from './dockerfile.ts';
import { normaliseReference, withoutTag } from './references.ts';

/** An image that a build resolved: a stage's base, an image that files were copied from, or a tool. */
export interface Material {
  /** `library/alpine:3.20` */
  readonly reference: string;
  readonly digest?: Digest;
}

/** What build provenance says. Builders sort materials by name, so their order means nothing. */
export interface Provenance {
  readonly materials: readonly Material[];
  /** The Dockerfile's stages, if the builder included it (mode max). */
  readonly stages?: DockerfileStages;
}

/**
 * Reads in-toto statements, bare predicates, DSSE envelopes around either, and BuildKit's older build info.
 * @see slsa.dev/provenance/v0.2 and v1; moby/buildkit docs/attestations/slsa-definitions.md, docs/buildinfo.md
 */
export function readProvenance(statements: readonly unknown[]): Provenance {
  const predicates = statements.map(unwrap).filter((predicate) => predicate !== undefined);
  const materials = new Map<string, Material>();
  for (const predicate of predicates.filter(isOfImageBuild)) {
    const tools = toolsOf(predicate);
    for (const material of materialsOf(predicate)) {
      if (!isTool(material.reference, tools)) materials.set(material.digest ?? material.reference, material);
    }
  }
  const stages = predicates.map(stagesOf).find((found) => found !== undefined);
  return { materials: [...materials.values()], ...(stages ? { stages } : {}) };
}

/** Returns the predicate, whether bare, in a statement, or in an envelope. */
function unwrap(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value.payload === 'string') return unwrap(findJsonObject(Buffer.from(value.payload, 'base64')));
  if (isObject(value.predicate)) return value.predicate;
  return value;
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value);
}

/**
 * Whether the predicate describes an image build with BuildKit. Other builders list the images that their own tasks ran
 * in, which belong to no stage.
 */
function isOfImageBuild(predicate: JsonObject): boolean {
  const type = predicate.buildType ?? field(predicate, 'buildDefinition', 'buildType');
  return typeof type !== 'string' || type.includes('buildkit');
}

function materialsOf(predicate: JsonObject): readonly Material[] {
  const slsa = [...list(predicate.materials), ...list(field(predicate, 'buildDefinition', 'resolvedDependencies'))];
  const legacy = list(predicate.Materials).filter((material) => material.Type === 'docker-image');
  return [...slsa.flatMap(slsaMaterial), ...legacy.flatMap(legacyMaterial)];
}

function slsaMaterial(material: JsonObject): readonly Material[] {
  const sha256 = field(material, 'digest', 'sha256');
  const reference = purlReference(material.uri);
  if (reference === undefined) return [];
  return [withDigest(reference, `sha256:${readOptionalString(sha256)}`)];
}

function legacyMaterial(material: JsonObject): readonly Material[] {
  return typeof material.Ref === 'string'
    ? [withDigest(normaliseReference(material.Ref), readOptionalString(material.Pin))]
    : [];
}

function withDigest(reference: string, digest: string | undefined): Material {
  return digest !== undefined && isDigest(digest) ? { reference, digest } : { reference };
}

/**
 * The reference in a package URL: `pkg:docker/alpine@3.20?platform=linux%2Famd64` gives `library/alpine:3.20`.
 * @see package-url/purl-spec, type "docker"
 */
function purlReference(uri: unknown): string | undefined {
  if (typeof uri !== 'string') return undefined;
  const [, path = '', version] = /^pkg:docker\/([^@?#]{1,512})(?:@([^?#]{1,256}))?/.exec(uri) ?? [];
  if (path === '') return undefined;
  const tag = version === undefined || version.includes(':') ? '' : `:${decoded(version)}`;
  return normaliseReference(decoded(path) + tag);
}

/** The arguments of the build request: BuildKit's frontend, the target stage, build arguments, named contexts. */
function requestArgs(predicate: JsonObject): unknown {
  return (
    field(predicate, 'invocation', 'parameters', 'args') ??
    field(predicate, 'buildDefinition', 'externalParameters', 'request', 'args')
  );
}

/** The frontend that parsed the Dockerfile. The build resolved it as an image, but it belongs to no stage. */
function toolsOf(predicate: JsonObject): readonly string[] {
  const args = requestArgs(predicate);
  const named = [field(args, 'source'), field(args, 'cmdline')];
  return named.filter((name) => typeof name === 'string').map(normaliseReference);
}

const TOOL_REPOSITORY = /^(?:docker\/(?:dockerfile(?:-upstream)?|binfmt)|tonistiigi\/binfmt)$/;
/**
 * Scanners that generate SBOMs, under any mirror. BuildKit resolves them like a stage's image, and omits the argument
 * that names them from provenance.
 * @see moby/buildkit, solver/llbsolver/provenance: FilterArgs
 */
const SCANNER_REPOSITORY = /(?:^|\/)(?:buildkit-[a-z-]*scanner|scout-sbom-indexer)$/;

function isTool(reference: string, tools: readonly string[]): boolean {
  const repository = withoutTag(reference);
  return tools.includes(reference) || SCANNER_REPOSITORY.test(repository) || TOOL_REPOSITORY.test(repository);
}

/** In mode max, BuildKit includes the Dockerfile in its metadata, in base64. */
function stagesOf(predicate: JsonObject): DockerfileStages | undefined {
  const metadata =
    field(predicate, 'metadata', 'https://mobyproject.org/buildkit@v1#metadata') ??
    field(predicate, 'runDetails', 'metadata', 'buildkit_metadata');
  const [source] = list(field(metadata, 'source', 'infos'));
  if (
    typeof source?.data !== 'string' ||
    !/dockerfile/i.test(readOptionalString(source.language ?? source.filename) ?? '')
  )
    return undefined;
  const args = requestArgs(predicate);
  return readDockerfile(Buffer.from(source.data, 'base64').toString('utf8'), isObject(args) ? args : {});
}
