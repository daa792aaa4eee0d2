import type { BaseVerdict } from '../classify/verdict.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import type { Finding } from '../policy/finding.ts';
import type { Queryable } from './database.ts';
import { storableJson } from './storable.ts';

/** What slimboard makes of an image, as it is kept. Sizes are bytes. */
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
  /** Steps of the advice in order, for the report. */
  readonly techniques: readonly object[];
  readonly findings: readonly Finding[];
  readonly layers: readonly { readonly digest: Digest; readonly class: string; readonly instruction: string }[];
}

/** Keeps assessments, replacing those of the same images. */
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

/** What an image says of a layer. */
interface LayerVerdict {
  readonly class: string;
  readonly instruction: string;
  /** How many layers the image has. */
  readonly layers: number;
}

/**
 * Keeps of each layer what one of its images says of it: the image whose own layer it is, to those built on that one it is
 * base; of several the smallest, for all that are built on it have more layers. So it is the same in whatever order images
 * are judged, and known to be built on others. A newer classifier starts anew.
 */
async function saveLayerVerdicts(tx: Queryable, assessments: readonly Assessment[]): Promise<void> {
  const kept = new Map<Digest, LayerVerdict>();
  for (const { layers } of assessments) {
    for (const layer of layers) {
      const verdict = { ...layer, layers: layers.length };
      const other = kept.get(layer.digest);
      if (!other || isBefore(verdict, other)) kept.set(layer.digest, verdict);
    }
  }
  const rows = [...kept.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return;
  await tx.query(SAVE_LAYER_VERDICTS, [
    rows.map(([digest]) => digestBytes(digest)),
    rows.map(([, verdict]) => verdict.class),
    rows.map(([, { instruction }]) => instruction),
    rows.map(([, { layers }]) => layers),
    assessments[0]?.classifierVersion ?? 0,
  ]);
}

/** The order of SAVE_LAYER_VERDICTS. */
function isBefore(one: LayerVerdict, other: LayerVerdict): boolean {
  if ((one.class === 'base') !== (other.class === 'base')) return other.class === 'base';
  if (one.layers !== other.layers) return one.layers < other.layers;
  if (one.class !== other.class) return one.class < other.class;
  return Buffer.compare(Buffer.from(one.instruction), Buffer.from(other.instruction)) < 0;
}

const SAVE_LAYER_VERDICTS = `
  update blob set layer_class = n.class, instruction = n.instruction, verdict_layers = n.layers, verdict_version = $5
  from unnest($1::bytea[], $2::text[], $3::text[], $4::int4[]) as n (digest, class, instruction, layers)
  where blob.digest = n.digest and (coalesce(blob.verdict_version, 0) < $5 or blob.verdict_version = $5
    and (n.class = 'base', n.layers, n.class collate "C", n.instruction collate "C")
      < (blob.layer_class = 'base', blob.verdict_layers, blob.layer_class collate "C", blob.instruction collate "C"))`;
