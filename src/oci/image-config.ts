import { remember } from '../common/remember.ts';
import { MalformedContentError } from '../errors.ts';
import { type Digest, isDigest } from './digest.ts';
import {
  isObject,
  type JsonObject,
  parseJsonObject,
  readArray,
  readOptionalString,
  readString,
  readStringList,
  readStringMap,
} from './json.ts';
import type { Platform } from './platform.ts';

/** One step of the build. @see image-spec, config.md, "history" */
export interface HistoryEntry {
  /** ISO 8601 in UTC, or undefined where the builder wrote none or a zero date. */
  readonly created?: string | undefined;
  readonly createdBy: string;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
  /** The step made no layer (ENV, CMD, …). */
  readonly emptyLayer: boolean;
}

/** How a container's health is asked for. @see moby/docker-image-spec, spec.md, "Healthcheck" */
export interface Healthcheck {
  /** `["CMD", "node", "health.js"]`, `["CMD-SHELL", "curl -f localhost || exit 1"]` */
  readonly test: readonly string[];
  /** Nanoseconds each; undefined where it is left to the engine. */
  readonly interval: number | undefined;
  readonly timeout: number | undefined;
  readonly startPeriod: number | undefined;
  readonly retries: number | undefined;
}

/** @see image-spec, config.md; Docker's fields (Healthcheck, OnBuild, Shell) beside them */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
  /** ISO 8601 in UTC. */
  readonly created?: string | undefined;
  readonly author?: string | undefined;
  readonly user: string;
  /** Variables in order, each `NAME=value`. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `8080/tcp`, … */
  readonly exposedPorts: readonly string[];
  readonly hasHealthcheck: boolean;
  readonly healthcheck: Healthcheck | undefined;
  /** Digests of the uncompressed layers, base first. */
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryEntry[];
}

/** containers/image caps configs at 4 MB, manifests likewise. */
export const MAX_CONFIG_BYTES = 4_194_304;

/** @throws MalformedContentError naming the field that is wrong */
export function parseImageConfig(body: Uint8Array | string): ImageConfig {
  const object = parseJsonObject(body, 'config');
  const runtime = isObject(object.config) ? object.config : {};
  const healthcheck = healthcheckOf(runtime.Healthcheck);
  return {
    os: readOptionalString(object.os) ?? '',
    architecture: readOptionalString(object.architecture) ?? '',
    variant: readOptionalString(object.variant) || undefined,
    osVersion: readOptionalString(object['os.version']) || undefined,
    created: readDate(object.created),
    author: readOptionalString(object.author) || undefined,
    user: readOptionalString(runtime.User) ?? '',
    env: readStringList(runtime.Env),
    entrypoint: commandOf(runtime.Entrypoint),
    cmd: commandOf(runtime.Cmd),
    workingDir: readOptionalString(runtime.WorkingDir) ?? '',
    labels: readStringMap(runtime.Labels),
    exposedPorts: isObject(runtime.ExposedPorts) ? Object.keys(runtime.ExposedPorts) : [],
    hasHealthcheck: healthcheck !== undefined,
    healthcheck,
    diffIds: diffIdsOf(object),
    history: readArray(object.history, 'config.history').filter(isObject).map(historyEntry),
  };
}

/** Docker once wrote the shell form as one string. */
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
  return readArray(rootfs.diff_ids, 'config.rootfs.diff_ids').map((value, at) => {
    const text = readString(value, `config.rootfs.diff_ids[${at}]`);
    if (!isDigest(text))
      throw new MalformedContentError(`config.rootfs.diff_ids[${at}]: "${text.slice(0, 80)}" is no digest`);
    return text;
  });
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
 * A date of the years 1970 to 9999 as ISO 8601 in UTC. Builders write the year 1 for "no date" (Go's zero time), and
 * Postgres and JavaScript disagree on what lies outside.
 */
export function readDate(value: unknown): string | undefined {
  return typeof value === 'string' ? isoDate(value) : undefined;
}

const isoDate = remember((text) => {
  const time = Date.parse(text);
  if (!Number.isFinite(time) || time < 0 || time > 253_402_300_799_999) return undefined;
  return new Date(time).toISOString();
});

/** A config may state anything, of any length, and an index takes 2,700 bytes: real names have a dozen characters. */
const MAX_PLATFORM_PART = 64;

/** The platform that a config states. */
export function platformOf(config: ImageConfig): Platform {
  const { os, architecture, variant = '', osVersion } = config;
  return {
    os: os.slice(0, MAX_PLATFORM_PART) || 'unknown',
    architecture: architecture.slice(0, MAX_PLATFORM_PART) || 'unknown',
    ...(variant ? { variant: variant.slice(0, MAX_PLATFORM_PART) } : {}),
    ...(osVersion ? { osVersion } : {}),
  };
}
