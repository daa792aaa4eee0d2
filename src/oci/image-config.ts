import { remember } from '../common/remember.ts';
import { type Digest, readDigest } from './digest.ts';
import {
  isObject,
  type JsonObject,
  parseJsonObject,
  readArray,
  readOptionalString,
  readStringList,
  readStringMap,
} from './json.ts';
import type { ImageManifest } from './manifest.ts';
import type { Platform } from './platform.ts';

/** One build step, as recorded in the config. @see image-spec, config.md, "history" */
export interface HistoryEntry {
  /** ISO 8601 in UTC; undefined if the builder wrote no date or a zero date. */
  readonly created?: string | undefined;
  readonly createdBy: string;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
  /** Whether the step made no layer (ENV, CMD, …). */
  readonly emptyLayer: boolean;
}

/** How the engine checks a container's health. @see moby/docker-image-spec, spec.md, "Healthcheck" */
export interface Healthcheck {
  /** `["CMD", "node", "health.js"]`, `["CMD-SHELL", "curl -f localhost || exit 1"]` */
  readonly test: readonly string[];
  /** Durations are in nanoseconds; an undefined field means the engine's default. */
  readonly interval: number | undefined;
  readonly timeout: number | undefined;
  readonly startPeriod: number | undefined;
  readonly retries: number | undefined;
}

/** An image's config. @see image-spec, config.md, for all fields but Docker's own `Healthcheck` */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
  /** ISO 8601 in UTC. */
  readonly created?: string | undefined;
  readonly user: string;
  /** Environment variables in order, each `NAME=value`. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `8080/tcp`, … */
  readonly exposedPorts: readonly string[];
  /** Paths of folders. */
  readonly volumes: readonly string[];
  /** Undefined if there is none, or it is switched off. */
  readonly healthcheck: Healthcheck | undefined;
  /** Digests of the uncompressed layers, base first. */
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryEntry[];
}

/** 4 MiB, the limit of containers/image for configs and for manifests. */
export const MAX_CONFIG_BYTES = 4_194_304;

/** Parses an image config. @throws MalformedContentError naming the field that is wrong */
export function parseImageConfig(body: Uint8Array | string): ImageConfig {
  const object = parseJsonObject(body, 'config');
  const runtime = isObject(object.config) ? object.config : {};
  return {
    os: readOptionalString(object.os) ?? '',
    architecture: readOptionalString(object.architecture) ?? '',
    variant: readOptionalString(object.variant) || undefined,
    osVersion: readOptionalString(object['os.version']) || undefined,
    created: readDate(object.created),
    user: readOptionalString(runtime.User) ?? '',
    env: readStringList(runtime.Env),
    entrypoint: commandOf(runtime.Entrypoint),
    cmd: commandOf(runtime.Cmd),
    workingDir: readOptionalString(runtime.WorkingDir) ?? '',
    labels: readStringMap(runtime.Labels),
    exposedPorts: namesIn(runtime.ExposedPorts),
    volumes: namesIn(runtime.Volumes),
    healthcheck: healthcheckOf(runtime.Healthcheck),
    diffIds: diffIdsOf(object),
    history: readArray(object.history, 'config.history').filter(isObject).map(historyEntry),
  };
}

/** The names in a set, which Go writes as an object with empty values. */
function namesIn(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

/** Old versions of Docker wrote the shell form as one string. */
function commandOf(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : readStringList(value);
}

function healthcheckOf(value: unknown): Healthcheck | undefined {
  if (!isObject(value)) return undefined;
  const test = readStringList(value.Test);
  if (test[0] === undefined || test[0] === 'NONE') return undefined;
  return {
    test,
    interval: positive(value.Interval),
    timeout: positive(value.Timeout),
    startPeriod: positive(value.StartPeriod),
    retries: positive(value.Retries),
  };
}

function positive(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function diffIdsOf(object: JsonObject): readonly Digest[] {
  const rootfs = isObject(object.rootfs) ? object.rootfs : {};
  const path = 'config.rootfs.diff_ids';
  return readArray(rootfs.diff_ids, path).map((value, index) => readDigest(value, `${path}[${index}]`));
}

function historyEntry(entry: JsonObject): HistoryEntry {
  return {
    created: readDate(entry.created),
    createdBy: readOptionalString(entry.created_by) ?? '',
    author: readOptionalString(entry.author) || undefined,
    comment: readOptionalString(entry.comment) || undefined,
    emptyLayer: entry.empty_layer === true,
  };
}

/**
 * Reads a date as ISO 8601 in UTC; undefined unless it lies in the years 1970 to 9999. Builders write the year 1 (Go's
 * zero time) for "no date", and Postgres and JavaScript disagree on dates outside this range.
 */
export function readDate(value: unknown): string | undefined {
  return typeof value === 'string' ? isoDate(value) : undefined;
}

/** The diffIDs of an image's layers, base first; none if config and manifest disagree on the number of layers. */
export function layerDiffIds({ diffIds }: ImageConfig, { layers }: Pick<ImageManifest, 'layers'>): readonly Digest[] {
  return diffIds.length === layers.length ? diffIds : [];
}

const isoDate = remember((text) => {
  const time = Date.parse(text);
  if (!Number.isFinite(time) || time < 0 || time > 253_402_300_799_999) return undefined;
  return new Date(time).toISOString();
});

/**
 * In characters. A config may hold names of any length, but a database index entry fits at most 2,700 bytes; real names
 * have about a dozen characters.
 */
const MAX_PLATFORM_PART = 64;

/**
 * The platform in a config, its names cut to 64 characters; `unknown` for a missing os or architecture. Characters that no
 * platform has become `_`: commands that pages show, to be copied into a shell, name the platform.
 */
export function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant = '' } = config;
  return {
    os: platformPart(os) || 'unknown',
    architecture: platformPart(architecture) || 'unknown',
    ...(variant ? { variant: platformPart(variant) } : {}),
  };
}

function platformPart(name: string): string {
  return name.slice(0, MAX_PLATFORM_PART).replace(/[^\w./-]/g, '_');
}
