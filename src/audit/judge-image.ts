import { planImage } from '../advise/advise.ts';
import type { Knowledge } from '../advise/alternatives.ts';
import { baseFactsOf } from '../advise/base-facts.ts';
import type { Build } from '../advise/recognise.ts';
import { endedRuntimes } from '../advise/releases.ts';
import { CLASSIFIER_VERSION, classifyImage } from '../classify/classify-image.ts';
import { distroEndOfLife, endedDistros } from '../classify/end-of-life.ts';
import type { ImageVerdict } from '../classify/verdict.ts';
import type { LayerContents } from '../deep/contents.ts';
import { MalformedContentError } from '../errors.ts';
import { shortHash } from '../oci/digest.ts';
import { parseImageConfig, platformOf } from '../oci/image-config.ts';
import { type JsonObject, parseJsonObject } from '../oci/json.ts';
import { type ImageManifest, parseManifest } from '../oci/manifest.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import { findingsOf } from '../policy/findings-of.ts';
import { RULES_VERSION } from '../policy/rule-registry.ts';
import type { PolicySettings } from '../settings/settings.ts';
import type { Assessment } from '../store/assessment-store.ts';
import type { StoredImage } from '../store/stale-images.ts';
import { measureImage } from './measure-image.ts';

/** What images are judged by, besides themselves. */
export interface JudgedBy {
  readonly policy: Pick<PolicySettings, 'goal' | 'rules'>;
  /** The label that names an image's team. */
  readonly teamKey: string;
  readonly knowledge: Knowledge;
  /** Names what the catalogue added to it. */
  readonly knowledgeKey: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
}

export interface Judge extends JudgedBy {
  /** Names everything that a judgement depends on besides the image and its bases: another key, another judgement. */
  readonly rulesKey: string;
}

/** Gives what images are judged by the key under which their judgements are kept. */
export function judgeBy(judgedBy: JudgedBy): Judge {
  return { ...judgedBy, rulesKey: rulesKeyOf(judgedBy) };
}

/** Of the day it holds which releases have ended by then: support ends while images stay. */
function rulesKeyOf({ policy, teamKey, knowledgeKey, today }: JudgedBy): string {
  const ended = `${endedDistros(today)} distributions, ${endedRuntimes(today)} runtimes ended`;
  const versions = `classifier ${CLASSIFIER_VERSION}, rules ${RULES_VERSION}, ${ended}`;
  return shortHash(`${versions} ${JSON.stringify([policy.goal, policy.rules, teamKey, knowledgeKey])}`);
}

/**
 * Judges one image: what it is built on, what it trips over, what would make it smaller. Pure.
 * @param layers what its layers hold, base first, where all of them were read; else empty
 */
export function judgeImage(stored: StoredImage, judge: Judge, layers: readonly LayerContents[] = []): Assessment {
  const { image, findings, measured } = examineImage(stored, judge, layers);
  const { verdict, manifest, config } = image;
  const { plan, savings, slimScore } = planImage(image, findings, judge.knowledge, judge.policy.goal);
  return {
    manifestId: stored.manifestId,
    classifierVersion: CLASSIFIER_VERSION,
    rulesKey: judge.rulesKey,
    basesKey: stored.basesKey,
    base: verdict.base,
    ...bytesOf(manifest, verdict),
    ...distroFields(verdict),
    ...named('runtime', verdict.runtime?.value.name),
    ...named('runtimeVersion', verdict.runtime?.value.version),
    ...named('framework', verdict.framework?.value),
    ...named('variant', verdict.variant?.value),
    ...named('buildTool', verdict.buildTool?.value),
    multiStage: verdict.multiStage.value,
    multiStageEvidence: verdict.multiStage.evidence,
    user: config.user,
    ...named('runsAsRoot', verdict.runsAsRoot),
    ...named('teamLabel', verdict.ownLabels[judge.teamKey]?.trim() || undefined),
    ...named('uncompressedBytes', measured?.uncompressedBytes),
    ...named('wastedBytes', measured?.wastedBytes),
    savingsMinBytes: Math.round(savings.min),
    savingsMaxBytes: Math.round(savings.max),
    slimScore,
    // The warnings are the technique's own; they are not kept with every image.
    techniques: plan.map(({ technique, gain, projection: { after, savings, basis, base } }) => ({
      technique,
      gain,
      projection: { after, savings, basis, ...named('base', base) },
    })),
    findings,
    layers: manifest.layers.map(({ digest }, position) => ({
      digest,
      class: verdict.layers[position]?.class ?? 'none',
      instruction: verdict.layers[position]?.instruction ?? '',
    })),
  };
}

/** An image with what is found in it, as far as judging needs no advice. Parameters as of {@link judgeImage}. */
export function examineImage(stored: StoredImage, judge: Judge, layers: readonly LayerContents[] = []): ExaminedImage {
  const classified = classifiedImage(stored);
  const measured = layers.length > 0 ? measureImage(classified, layers) : undefined;
  const image = withBaseFacts(measured?.image ?? classified, stored, judge);
  return { image, findings: findingsOf(image, judge.policy.rules), measured };
}

interface ExaminedImage extends Build {
  /** Undefined where its layers were not read. */
  readonly measured: ReturnType<typeof measureImage> | undefined;
}

/** A field only where it is known, as `exactOptionalPropertyTypes` wants it. */
function named<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function classifiedImage(stored: StoredImage): AuditedImage {
  const manifest = parseManifest(stored.manifest);
  if (manifest.form !== 'manifest') throw new Error(`${stored.digest} is kept as an image and is none`);
  const config = parseImageConfig(stored.config);
  const [index] = stored.indexes;
  const indexManifest = index ? parseManifest(index) : undefined;
  const verdict = classifyImage({
    manifest,
    config,
    platform: platformOf(config),
    provenance: stored.provenance.flatMap(readStatement),
    bases: stored.bases,
    ...(indexManifest?.form === 'index' ? { indexAnnotations: indexManifest.annotations } : {}),
  });
  return { manifest, config, verdict };
}

/** Nothing where it is no JSON object: one statement, which anybody may push for an image, fails no judgement. */
function readStatement(statement: Uint8Array): readonly JsonObject[] {
  try {
    return [parseJsonObject(statement, 'provenance')];
  } catch (error) {
    if (error instanceof MalformedContentError) return [];
    throw error;
  }
}

function withBaseFacts(image: AuditedImage, { bases }: StoredImage, { knowledge, today }: Judge): AuditedImage {
  return { ...image, baseFacts: baseFactsOf(image.verdict, { bases, knowledge, today }) };
}

function distroFields({ distro }: ImageVerdict): Pick<Assessment, 'distro' | 'distroVersion' | 'distroEndOfLife'> {
  if (!distro) return {};
  const { id, version } = distro.value;
  const endOfLife = version ? distroEndOfLife(id, version) : undefined;
  return { distro: id, ...named('distroVersion', version), ...named('distroEndOfLife', endOfLife) };
}

/** Where the base ends is known: its layers' bytes, and the rest. */
function bytesOf(manifest: ImageManifest, { base }: ImageVerdict): Pick<Assessment, 'baseBytes' | 'appBytes'> {
  if (base.layerCount === undefined) return {};
  const sizes = manifest.layers.map(({ size }) => size);
  const sum = (part: readonly number[]) => part.reduce((total, size) => total + size, 0);
  return { baseBytes: sum(sizes.slice(0, base.layerCount)), appBytes: sum(sizes.slice(base.layerCount)) };
}
