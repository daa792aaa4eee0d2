import { planImage } from '../../advise/advise.ts';
import { baseFactsOf } from '../../advise/base-facts.ts';
import type { Build } from '../../advise/recognise.ts';
import { CLASSIFIER_VERSION, classifyImage } from '../../classify/classify-image.ts';
import { distroEndOfLife } from '../../classify/end-of-life.ts';
import type { ImageVerdict } from '../../classify/verdict.ts';
import { sum } from '../../common/sum.ts';
import type { LayerContents } from '../../deep/contents.ts';
import { type ImageMeasurement, measureImage } from '../../deep/measure-image.ts';
import { imageLayers } from '../../measure/image-layers.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { findJsonObject } from '../../oci/json.ts';
import { type ImageManifest, parseManifest } from '../../oci/manifest.ts';
import type { AuditedImage } from '../../policy/audited-image.ts';
import { findingsOf } from '../../policy/findings-of.ts';
import type { Assessment } from '../../store/assessment-store.ts';
import type { StoredImage } from '../../store/image-store.ts';
import type { StaleImage } from '../../store/stale-images.ts';
import type { Criteria } from './criteria.ts';

/**
 * Assesses one image: what it is built on, which rules it breaks, what would make it smaller. Pure.
 * @param layers the contents of its layers, base first, if all of them were read; else empty
 */
export function assessImage(stored: StaleImage, criteria: Criteria, layers: readonly LayerContents[] = []): Assessment {
  const { image, findings, measured } = examineImage(stored, criteria, layers);
  const { verdict, manifest, config } = image;
  const { plan, savings, slimScore } = planImage(image, findings, criteria.knowledge, criteria.policy.goal);
  return {
    manifestId: stored.manifestId,
    classifierVersion: CLASSIFIER_VERSION,
    rulesKey: criteria.rulesKey,
    basesKey: stored.basesKey,
    base: verdict.base,
    ...bytesOf(manifest, verdict),
    ...distroFields(verdict),
    runtime: verdict.runtime?.value.name,
    runtimeVersion: verdict.runtime?.value.version,
    framework: verdict.framework?.value,
    variant: verdict.variant?.value,
    buildTool: verdict.buildTool?.value,
    multiStage: verdict.multiStage.value,
    multiStageEvidence: verdict.multiStage.evidence,
    user: config.user,
    runsAsRoot: verdict.runsAsRoot,
    teamLabel: verdict.ownLabels[criteria.teamKey]?.trim() || undefined,
    uncompressedBytes: measured?.uncompressedBytes,
    wastedBytes: measured?.wastedBytes,
    savingsMinBytes: Math.round(savings.min),
    savingsMaxBytes: Math.round(savings.max),
    slimScore,
    // Warnings depend on the technique alone, so they are not stored with every image.
    techniques: plan.map(({ technique, gain, projection: { after, savings, basis, base } }) => ({
      technique,
      gain,
      projection: { after, savings, basis, base },
    })),
    findings,
    layers: imageLayers(image),
  };
}

/** Classifies an image and applies the rules to it, without advice. Parameters as of {@link assessImage}. */
export function examineImage(
  stored: StoredImage,
  criteria: Criteria,
  layers: readonly LayerContents[] = [],
): ExaminedImage {
  const classified = classifiedImage(stored);
  const measured = layers.length > 0 ? measureImage(classified, layers) : undefined;
  const { knowledge, today, policy } = criteria;
  const read = measured?.image ?? classified;
  const image = { ...read, baseFacts: baseFactsOf(read.verdict, { bases: stored.bases, knowledge, today }) };
  return { image, findings: findingsOf(image, policy.rules), measured };
}

interface ExaminedImage extends Build {
  /** Undefined if its layers were not read. */
  readonly measured: ImageMeasurement | undefined;
}

function classifiedImage(stored: StoredImage): AuditedImage {
  const manifest = parseManifest(stored.manifest);
  if (manifest.form !== 'manifest') throw new Error(`${stored.digest} is stored as an image but is not one`);
  const config = parseImageConfig(stored.config);
  const [index] = stored.indexes;
  const indexManifest = index ? parseManifest(index) : undefined;
  const verdict = classifyImage({
    manifest,
    config,
    // Anybody may push a statement that is no JSON object: it must not fail the assessment.
    provenance: stored.provenance.flatMap((statement) => findJsonObject(statement) ?? []),
    bases: stored.bases,
    ...(indexManifest?.form === 'index' ? { indexAnnotations: indexManifest.annotations } : {}),
  });
  return { manifest, config, verdict };
}

function distroFields({ distro }: ImageVerdict): Pick<Assessment, 'distro' | 'distroVersion' | 'distroEndOfLife'> {
  if (!distro) return {};
  const { id, version } = distro.value;
  const endOfLife = version ? distroEndOfLife(id, version) : undefined;
  return { distro: id, distroVersion: version, distroEndOfLife: endOfLife };
}

/** The compressed bytes of the base's layers and of the others, if it is known how many layers the base has. */
function bytesOf(manifest: ImageManifest, { base }: ImageVerdict): Pick<Assessment, 'baseBytes' | 'appBytes'> {
  if (base.layerCount === undefined) return {};
  const sizes = manifest.layers.map(({ size }) => size);
  return { baseBytes: sum(sizes.slice(0, base.layerCount)), appBytes: sum(sizes.slice(base.layerCount)) };
}
