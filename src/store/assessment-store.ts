import type { BaseVerdict } from '../classify/verdict.ts';
import type { Queryable } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import type { Finding } from '../policy/finding.ts';

/** The stored assessment of one image. Sizes are bytes. */
export interface Assessment {
  readonly manifestId: number;
  readonly classifierVersion: number;
  readonly rulesKey: string;
  readonly basesKey: string;
  readonly base: BaseVerdict;
  readonly baseBytes?: number;
  readonly appBytes?: number;
  readonly distro?: string;
  readonly distroVersion?: string;
  /** `YYYY-MM-DD` */
  readonly distroEndOfLife?: string;
  readonly runtime?: string;
  readonly runtimeVersion?: string;
  readonly framework?: string;
  readonly variant?: string;
  readonly buildTool?: string;
  readonly multiStage: 'yes' | 'no' | 'unknown';
  readonly multiStageEvidence: string;
  readonly user: string;
  readonly runsAsRoot?: boolean;
  readonly teamLabel?: string;
  readonly uncompressedBytes?: number;
  readonly wastedBytes?: number;
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
    tx.query(SAVE_ASSESSMENTS, [storableJson(assessments.map(assessmentRow)), now]),
    saveFindings(tx, assessments),
    saveLayerVerdicts(tx, assessments),
  ]);
}

const ASSESSMENT_COLUMNS = `manifest_id, rules_key, bases_key, base_image, base_digest, base_confidence, base_evidence, base_layers, base_bytes, app_bytes,
  distro, distro_version, distro_eol, runtime, runtime_version, framework, variant, build_tool, multi_stage, multi_stage_evidence, run_user,
  runs_as_root, team_label, finding_rules, uncompressed_bytes, wasted_bytes, savings_min_bytes, savings_max_bytes, slim_score, techniques, judged_at`;

const SAVE_ASSESSMENTS = `
  insert into assessment (${ASSESSMENT_COLUMNS})
  select ${ASSESSMENT_COLUMNS.replace('base_digest', "decode(base_digest, 'hex')").replace('judged_at', '$2::timestamptz')}
  from jsonb_to_recordset($1::jsonb) as n (
    manifest_id int8, rules_key text, bases_key text, base_image text, base_digest text, base_confidence text, base_evidence text, base_layers int4,
    base_bytes int8, app_bytes int8, distro text, distro_version text, distro_eol date, runtime text, runtime_version text, framework text, variant text,
    build_tool text, multi_stage text, multi_stage_evidence text, run_user text, runs_as_root bool, team_label text, finding_rules text, uncompressed_bytes int8,
    wasted_bytes int8, savings_min_bytes int8, savings_max_bytes int8, slim_score numeric, techniques jsonb)
  order by manifest_id
  on conflict (manifest_id) do update set ${ASSESSMENT_COLUMNS.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'manifest_id')
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}`;

function assessmentRow(assessment: Assessment): object {
  const { base } = assessment;
  const known = base.confidence === 'unknown' ? undefined : base;
  return {
    manifest_id: assessment.manifestId,
    rules_key: assessment.rulesKey,
    bases_key: assessment.basesKey,
    base_image: known ? known.references.join(';') : null,
    base_digest: known?.digest ? digestBytes(known.digest).toString('hex') : null,
    base_confidence: known?.confidence ?? null,
    base_evidence: base.confidence === 'unknown' ? base.reason : base.evidence,
    base_layers: base.layerCount ?? null,
    base_bytes: assessment.baseBytes ?? null,
    app_bytes: assessment.appBytes ?? null,
    distro: assessment.distro ?? null,
    distro_version: assessment.distroVersion ?? null,
    distro_eol: assessment.distroEndOfLife ?? null,
    runtime: assessment.runtime ?? null,
    runtime_version: assessment.runtimeVersion ?? null,
    framework: assessment.framework ?? null,
    variant: assessment.variant ?? null,
    build_tool: assessment.buildTool ?? null,
    multi_stage: assessment.multiStage,
    multi_stage_evidence: assessment.multiStageEvidence,
    run_user: assessment.user,
    runs_as_root: assessment.runsAsRoot ?? null,
    team_label: assessment.teamLabel ?? null,
    finding_rules: [...new Set(assessment.findings.map(({ rule }) => rule))].sort().join(';'),
    uncompressed_bytes: assessment.uncompressedBytes ?? null,
    wasted_bytes: assessment.wastedBytes ?? null,
    savings_min_bytes: assessment.savingsMinBytes,
    savings_max_bytes: assessment.savingsMaxBytes,
    slim_score: assessment.slimScore,
    techniques: assessment.techniques,
  };
}

async function saveFindings(tx: Queryable, assessments: readonly Assessment[]): Promise<void> {
  await tx.query('delete from finding where manifest_id = any($1::int8[])', [
    assessments.map(({ manifestId }) => manifestId),
  ]);
  const rows = assessments.flatMap(({ manifestId, findings }) =>
    findings.map((finding, ordinal) => ({
      manifest_id: manifestId,
      ordinal,
      rule: finding.rule,
      severity: finding.severity,
      confidence: finding.confidence,
      message: finding.message,
      layer: finding.evidence.find(({ layer }) => layer !== undefined)?.layer ?? null,
      min_bytes: finding.bytes?.min ?? null,
      max_bytes: finding.bytes?.max ?? null,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into finding (manifest_id, ordinal, rule, severity, confidence, message, layer, min_bytes, max_bytes)
     select * from jsonb_to_recordset($1::jsonb) as n (
       manifest_id int8, ordinal int4, rule text, severity text, confidence text, message text, layer int4, min_bytes int8, max_bytes int8)`,
    [storableJson(rows)],
  );
}

/** How one image classifies a layer. */
interface LayerVerdict {
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
  const chosen = new Map<Digest, LayerVerdict>();
  for (const { layers } of assessments) {
    for (const layer of layers) {
      const verdict = { ...layer, layers: layers.length };
      const other = chosen.get(layer.digest);
      if (!other || hasPrecedence(verdict, other)) chosen.set(layer.digest, verdict);
    }
  }
  const rows = [...chosen.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return;
  await tx.query(SAVE_LAYER_VERDICTS, [
    rows.map(([digest]) => digestBytes(digest)),
    rows.map(([, verdict]) => verdict.class),
    rows.map(([, { instruction }]) => instruction),
    rows.map(([, { layers }]) => layers),
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
    and (n.class = 'base', n.layers, n.class collate "C", n.instruction collate "C")
      < (blob.layer_class = 'base', blob.verdict_layers, blob.layer_class collate "C", blob.instruction collate "C"))`;
