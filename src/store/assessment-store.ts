import type { BaseVerdict } from '../classify/verdict.ts';
import type { Queryable } from '../database/database.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import type { Finding } from '../policy/finding.ts';
import { byBytes } from './sql/by-bytes.ts';
import { columnNames, insertJson, jsonDigest, jsonRows } from './sql/json-rows.ts';
import { columnArrays, distinctSorted, setExcluded } from './sql/rows.ts';

/** The stored assessment of one image. Sizes are bytes. */
export interface Assessment {
  readonly manifestId: number;
  readonly classifierVersion: number;
  readonly rulesKey: string;
  readonly basesKey: string;
  readonly base: BaseVerdict;
  readonly baseBytes?: number | undefined;
  readonly appBytes?: number | undefined;
  readonly distro?: string | undefined;
  readonly distroVersion?: string | undefined;
  /** `YYYY-MM-DD` */
  readonly distroEndOfLife?: string | undefined;
  readonly runtime?: string | undefined;
  readonly runtimeVersion?: string | undefined;
  readonly framework?: string | undefined;
  readonly variant?: string | undefined;
  readonly buildTool?: string | undefined;
  readonly multiStage: 'yes' | 'no' | 'unknown';
  readonly multiStageEvidence: string;
  readonly user: string;
  readonly runsAsRoot?: boolean | undefined;
  readonly teamLabel?: string | undefined;
  readonly uncompressedBytes?: number | undefined;
  readonly wastedBytes?: number | undefined;
  readonly savingsMinBytes: number;
  readonly savingsMaxBytes: number;
  readonly slimScore: number;
  /** The steps of the advice in order, as reports show them. */
  readonly techniques: readonly object[];
  readonly findings: readonly Finding[];
  readonly layers: readonly { readonly digest: Digest; readonly class: string; readonly instruction: string }[];
}

/**
 * Stores assessments with their findings and layer verdicts, replacing earlier ones of the same images.
 * @param now ISO 8601
 */
export async function saveAssessments(tx: Queryable, assessments: readonly Assessment[], now: string): Promise<void> {
  if (assessments.length === 0) return;
  await Promise.all([
    tx.query(SAVE_ASSESSMENTS, [jsonRows(assessments.map((assessment) => assessmentRow(assessment, now)))]),
    saveFindings(tx, assessments),
    saveLayerVerdicts(tx, assessments),
  ]);
}

const ASSESSMENT_COLUMNS = `manifest_id int8, rules_key text, bases_key text, base_image text, base_digest bytea, base_confidence text, base_evidence text,
  base_layers int4, base_bytes int8, app_bytes int8, distro text, distro_version text, distro_eol date, runtime text, runtime_version text,
  framework text, variant text, build_tool text, multi_stage text, multi_stage_evidence text, run_user text, runs_as_root bool, team_label text,
  finding_rules text, uncompressed_bytes int8, wasted_bytes int8, savings_min_bytes int8, savings_max_bytes int8, slim_score numeric, techniques jsonb,
  judged_at timestamptz`;

const SAVE_ASSESSMENTS = `
  ${insertJson('assessment', ASSESSMENT_COLUMNS)} order by manifest_id
  on conflict (manifest_id) do update ${setExcluded(columnNames(ASSESSMENT_COLUMNS).slice(1))}`;

function assessmentRow(assessment: Assessment, judgedAt: string): object {
  const { base, distroEndOfLife, user, findings, layers, ...others } = assessment;
  const known = base.confidence === 'unknown' ? undefined : base;
  return {
    ...others,
    baseImage: known?.references.join(';'),
    baseDigest: jsonDigest(known?.digest),
    baseConfidence: known?.confidence,
    baseEvidence: base.confidence === 'unknown' ? base.reason : base.evidence,
    baseLayers: base.layerCount,
    distroEol: distroEndOfLife,
    runUser: user,
    findingRules: [...new Set(findings.map(({ rule }) => rule))].sort().join(';'),
    judgedAt,
  };
}

async function saveFindings(tx: Queryable, assessments: readonly Assessment[]): Promise<void> {
  await tx.query('delete from finding where manifest_id = any($1::int8[])', [
    assessments.map(({ manifestId }) => manifestId),
  ]);
  const rows = assessments.flatMap(({ manifestId, findings }) =>
    findings.map(({ evidence, bytes, ...finding }, ordinal) => {
      const layer = evidence.find((place) => place.layer !== undefined)?.layer;
      return { ...finding, manifestId, ordinal, layer, minBytes: bytes?.min, maxBytes: bytes?.max };
    }),
  );
  if (rows.length > 0) await tx.query(INSERT_FINDINGS, [jsonRows(rows)]);
}

const INSERT_FINDINGS = insertJson(
  'finding',
  'manifest_id int8, ordinal int4, rule text, severity text, confidence text, message text, layer int4, min_bytes int8, max_bytes int8',
);

/** How one image classifies a layer. */
interface LayerVerdict {
  readonly digest: Digest;
  readonly class: string;
  readonly instruction: string;
  /** The number of layers of that image. */
  readonly layers: number;
}

/**
 * Stores one verdict per layer, although images disagree: a layer is an application layer to the image that added it,
 * and a base layer to images built on that image. An image that does not call the layer its base wins; among several,
 * the one with the fewest layers, because every image built on it has more. The result does not depend on the order in
 * which images are assessed or recognised as bases of others. Verdicts of a newer classifier replace those of an older
 * one.
 */
async function saveLayerVerdicts(tx: Queryable, assessments: readonly Assessment[]): Promise<void> {
  const all = assessments.flatMap(({ layers }) => layers.map((layer) => ({ ...layer, layers: layers.length })));
  const verdicts = distinctSorted(all, ({ digest }) => digest, hasPrecedence);
  if (verdicts.length === 0) return;
  await tx.query(SAVE_LAYER_VERDICTS, [
    verdicts.map(({ digest }) => digestBytes(digest)),
    ...columnArrays(verdicts, 'class', 'instruction', 'layers'),
    assessments[0]?.classifierVersion ?? 0,
  ]);
}

/** Whether `verdict` wins over `other`; the same order as in SAVE_LAYER_VERDICTS. */
function hasPrecedence(verdict: LayerVerdict, other: LayerVerdict): boolean {
  if ((verdict.class === 'base') !== (other.class === 'base')) return other.class === 'base';
  if (verdict.layers !== other.layers) return verdict.layers < other.layers;
  if (verdict.class !== other.class) return verdict.class < other.class;
  return Buffer.compare(Buffer.from(verdict.instruction), Buffer.from(other.instruction)) < 0;
}

const SAVE_LAYER_VERDICTS = `
  update blob set layer_class = n.class, instruction = n.instruction, verdict_layers = n.layers, verdict_version = $5
  from unnest($1::bytea[], $2::text[], $3::text[], $4::int4[]) as n (digest, class, instruction, layers)
  where blob.digest = n.digest and (coalesce(blob.verdict_version, 0) < $5 or blob.verdict_version = $5
    and (n.class = 'base', n.layers, ${byBytes('n.class', 'n.instruction')})
      < (blob.layer_class = 'base', blob.verdict_layers, ${byBytes('blob.layer_class', 'blob.instruction')}))`;
