import type { Advice } from '../advise/advise.ts';
import { techniqueOf } from '../advise/technique.ts';
import type { BaseVerdict } from '../classify/verdict.ts';
import { counted } from '../common/plural.ts';
import { printable } from '../common/printable.ts';
import { totalBytes } from '../common/sum.ts';
import { humanBytes, humanRange } from '../measure/human-bytes.ts';
import { imageLayers } from '../measure/image-layers.ts';
import { formatPlatform } from '../oci/platform.ts';
import { formatReference } from '../oci/reference.ts';
import { shortEvidence } from '../policy/evidence-text.ts';
import { bySeverity, type Finding } from '../policy/finding.ts';
import { cut } from '../report/text-width.ts';
import { contentsText, describeContents } from './describe-contents.ts';
import type { LoadedImage } from './load-image.ts';

/** {@link describeImage} */
type DescribedImage = ReturnType<typeof describeImage>;

/** Describes everything that is known of an image, as `inspect` shows it: the worst findings first. Sizes are bytes. */
export function describeImage(loaded: LoadedImage, findings: readonly Finding[], advice: Advice) {
  const { config, verdict } = loaded.image;
  const baseLayers = verdict.base.layerCount;
  const layers = imageLayers(loaded.image).map((layer) => ({ ...layer, ofBase: layer.position < (baseLayers ?? 0) }));
  return {
    reference: formatReference(loaded.reference),
    digest: loaded.digest,
    indexDigest: loaded.indexDigest ?? null,
    platform: formatPlatform(loaded.platform),
    createdAt: config.created ?? null,
    compressedBytes: totalBytes(layers),
    baseBytes: baseLayers === undefined ? null : totalBytes(layers.filter(({ ofBase }) => ofBase)),
    appBytes: baseLayers === undefined ? null : totalBytes(layers.filter(({ ofBase }) => !ofBase)),
    layers,
    contents: loaded.measurement && describeContents(loaded.measurement),
    verdict,
    findings: findings.toSorted(bySeverity),
    advice,
  };
}

/**
 * Returns what {@link describeImage} describes as text for a terminal.
 * @param width the terminal's columns: lines of the layer table are cut to it, as `docker history` does
 */
export function imageText(described: DescribedImage, width = Number.POSITIVE_INFINITY): string {
  const sections = [
    summary(described),
    layerTable(described).map((line) => cut(printable(line), width)),
    described.contents ? contentsText(described.contents) : [],
    proof(described),
    findingList(described),
    plan(described),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${printable(line)}\n`).join(''))
    .join('\n');
}

function summary(described: DescribedImage): readonly string[] {
  const { verdict, layers } = described;
  const { distro, runtime, framework, variant, buildTool, multiStage } = verdict;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['image', described.reference],
    ['digest', described.digest],
    ['platform', described.platform],
    ['created', described.createdAt ?? undefined],
    ['pull size', `${humanBytes(described.compressedBytes)} in ${counted(layers.length, 'layer')}`],
    ['base image', baseText(verdict.base)],
    [
      'base, app',
      described.baseBytes === null
        ? undefined
        : `${humanBytes(described.baseBytes)}, ${humanBytes(described.appBytes ?? 0)}`,
    ],
    ['distro', distro && words(distro.value.id, distro.value.version, `(${distro.evidence})`)],
    ['runtime', runtime && words(runtime.value.name, runtime.value.version, `(${runtime.evidence})`)],
    ['framework', framework && `${framework.value} (${framework.evidence})`],
    ['variant', variant?.value],
    ['built by', buildTool?.value],
    ['multi-stage', `${multiStage.value} (${multiStage.evidence})`],
    ['runs as root', verdict.runsAsRoot === undefined ? undefined : verdict.runsAsRoot ? 'yes' : 'no'],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(14)}${value}`]));
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}

function baseText(base: BaseVerdict): string {
  if (base.confidence === 'unknown') return `unknown (${base.reason})`;
  return `${base.references.join(' = ')} (${base.confidence}: ${base.evidence})`;
}

/** Shows the layers as `docker history` does, but base first and with each layer's share of the pull size. */
function layerTable({ layers, compressedBytes: total, verdict }: DescribedImage): readonly string[] {
  const rows = layers.map(({ position, bytes, class: kind, instruction }) => {
    const share = total === 0 ? 0 : (bytes / total) * 100;
    return [
      String(position + 1).padStart(3),
      humanBytes(bytes).padStart(8),
      `${share.toFixed(1)} %`.padStart(7),
      kind.padEnd(13),
      instruction,
    ].join('  ');
  });
  const boundary = verdict.base.layerCount;
  const heading = ['  #', 'size'.padStart(8), 'share'.padStart(7), 'class'.padEnd(13), 'made by'].join('  ');
  if (boundary === undefined || boundary === 0 || boundary > rows.length) return [heading, ...rows];
  return [heading, ...rows.slice(0, boundary), `     ${'-'.repeat(24)} the base ends here`, ...rows.slice(boundary)];
}

function proof({ verdict }: DescribedImage): readonly string[] {
  const { signals } = verdict;
  const width = Math.max(...signals.map(({ name }) => name.length)) + 2;
  return signals.length === 0 ? [] : ['signals', ...signals.map(({ name, says }) => `  ${name.padEnd(width)}${says}`)];
}

function findingList({ findings }: DescribedImage): readonly string[] {
  if (findings.length === 0) return ['findings      none'];
  return [
    'findings',
    ...findings.flatMap(({ severity, rule, message, evidence }) => [
      `  ${severity.padEnd(6)}${rule.padEnd(22)}${message}`,
      ...shortEvidence(evidence).map((line) => `${' '.repeat(30)}${line}`),
    ]),
  ];
}

function plan({ advice }: DescribedImage): readonly string[] {
  if (advice.plan.length === 0) return [`advice        nothing to gain, slim score ${advice.slimScore}`];
  const steps = advice.plan.map(({ technique, projection: { after, basis } }) => {
    const { title } = techniqueOf(technique);
    return `  ${technique.padEnd(18)}${title}: then ${humanRange(after)}${basis === 'estimate' ? ' (estimate)' : ''}`;
  });
  return [`advice        slim score ${advice.slimScore}; "slimboard advise" tells more`, ...steps];
}
