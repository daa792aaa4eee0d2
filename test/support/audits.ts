import { expect } from 'vitest';
import { type RunOptions, runAudit } from '../../src/app/run-audit.ts';
import type { AuditEvents } from '../../src/audit/context.ts';
import { itemName } from '../../src/audit/item-error.ts';
import type { Database } from '../../src/database/database.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type {
  EcrSource,
  Environment,
  OciSource,
  PolicySettings,
  Settings,
  SourceSettings,
  TeamSettings,
} from '../../src/settings/settings.ts';
import type { AuditRow } from '../../src/store/audit-store.ts';
import type { DoneSoFar } from '../../src/store/progress-store.ts';
import { emptyTables } from './databases.ts';
import { FAKE_ACCOUNT, FAKE_REGION, type FakeEcr } from './fake-ecr.ts';
import type { RegistryServer } from './registry-server.ts';

/** Options of an audit in a test. */
export interface AuditOptions<Source extends SourceSettings = OciSource> {
  /** Merged into the source. */
  readonly source?: Partial<Source>;
  readonly teams?: readonly TeamSettings[];
  readonly policy?: Partial<PolicySettings>;
  readonly signal?: AbortSignal;
  /** Where credentials come from; default: there are none. */
  readonly environment?: Environment;
  /** Default: the system's clock. */
  readonly clock?: () => Date;
  /** Called when an audit that has not ended is waited for. */
  readonly onWait?: () => unknown;
  /** Called for each request that was sent. */
  readonly onRequest?: () => void;
  /** Called when an audit goes on, with what it has done before. */
  readonly onResumed?: (done: DoneSoFar) => unknown;
  /** Called when a repository's tags were listed, with their number. */
  readonly onListed?: (tags: number) => unknown;
  /** Called when layers are to be read, with their number. */
  readonly onLayers?: (count: number) => void;
  /** Called when a layer was read, or cannot be. */
  readonly onLayer?: () => void;
  /** Called when a stage begins. */
  readonly onStage?: (stage: string) => unknown;
  /** Called when the audit has ended. */
  readonly onEnd?: (audit: AuditRow) => unknown;
  /** Called when items are done, with their number. */
  readonly onDone?: (outcome: 'audited' | 'unchanged', count: number) => unknown;
  /** Called for each item that failed. */
  readonly onFailure?: (item: string, message: string) => void;
  readonly deliver?: RunOptions['deliver'];
  readonly storeFailures?: RunOptions['storeFailures'];
}

/** The default settings. */
export function defaultSettings(): Promise<Settings> {
  return loadSettings({ cwd: '/', env: {}, flags: {} });
}

/** Events of an audit that nobody listens to. */
export const NO_EVENTS: AuditEvents = {
  resumed: () => undefined,
  itemDone: () => undefined,
  repositoryListed: () => undefined,
  itemFailed: () => undefined,
  layersListed: () => undefined,
  layerDone: () => undefined,
  stageBegan: () => undefined,
  auditEnded: () => undefined,
};

/** Audits a test registry in this process, as `slimboard audit HOST` does. */
export async function auditRegistry(
  db: Database,
  registry: Pick<RegistryServer, 'host'>,
  options: AuditOptions = {},
): Promise<AuditRow> {
  const { sourceDefaults } = await defaultSettings();
  const place = { kind: 'oci', name: 'lab', registry: registry.host, dedup: 'registry' } as const;
  return auditSources(db, [{ ...sourceDefaults, ...place, ...options.source }], options);
}

/** Audits one region of the fake ECR's registry, as `slimboard audit ecr:ACCOUNT.REGION` does. */
export async function auditEcr(
  db: Database,
  fake: Pick<FakeEcr, 'url'>,
  options: AuditOptions<EcrSource> = {},
): Promise<AuditRow> {
  const { sourceDefaults } = await defaultSettings();
  const place = {
    kind: 'ecr',
    name: 'prod',
    account: FAKE_ACCOUNT,
    regions: [FAKE_REGION],
    dedup: 'repository',
  } as const;
  return auditSources(db, [{ ...sourceDefaults, ...place, endpoint: fake.url, ...options.source }], options);
}

/** Audits several sources in one audit. */
export async function auditSources(
  db: Database,
  sources: readonly SourceSettings[],
  options: Omit<AuditOptions, 'source'> = {},
): Promise<AuditRow> {
  const defaults = await defaultSettings();
  const policy = { ...defaults.policy, ...options.policy };
  const settings = { ...defaults, policy, teams: options.teams ?? [] };
  return runAudit({
    db,
    settings,
    sources,
    environment: options.environment ?? {},
    signal: options.signal ?? new AbortController().signal,
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.deliver ? { deliver: options.deliver } : {}),
    ...(options.storeFailures ? { storeFailures: options.storeFailures } : {}),
    events: {
      resumed: (done) => options.onResumed?.(done),
      itemDone: (outcome, count) => options.onDone?.(outcome, count),
      repositoryListed: (_source, _repository, tags) => options.onListed?.(tags),
      layersListed: (count) => options.onLayers?.(count),
      layerDone: () => options.onLayer?.(),
      stageBegan: (stage) => options.onStage?.(stage),
      auditEnded: (audit) => options.onEnd?.(audit),
      itemFailed: (_source, error) => options.onFailure?.(itemName(error), error.message),
    },
    onNote: () => undefined,
    onWait: () => options.onWait?.(),
    onRequest: () => options.onRequest?.(),
  });
}

const STORED = {
  images: `select source, registry, repository, tag, encode(digest, 'hex') as digest, encode(index_digest, 'hex') as index_digest, media_type, kind,
    platform, team, compressed_bytes, uncompressed_bytes, wasted_bytes, layer_count, shared_bytes, exclusive_bytes, base_image, base_confidence, base_evidence, base_bytes, app_bytes,
    distro, distro_version, runtime, variant, multi_stage, findings, savings_min_bytes, savings_max_bytes, slim_score
    from slimboard_images order by source, registry, repository, tag, digest`,
  tags: `select r.name as repository, t.name as tag, encode(m.digest, 'hex') as digest, t.ended_at is null as open
    from tag t join repository r on r.id = t.repository_id join manifest m on m.id = t.manifest_id order by 1, 2, 3, t.id`,
  repositories: 'select name, team, team_origin, tags_listed, ended_at is null as open from repository order by name',
  layers: `select encode(m.digest, 'hex') as manifest, l.position, encode(b.digest, 'hex') as blob, encode(l.chain_id, 'hex') as chain, b.size,
    b.layer_class, b.instruction from manifest_layer l join manifest m on m.id = l.manifest_id join blob b on b.id = l.blob_id order by 1, 2`,
  children: `select encode(m.digest, 'hex') as parent, c.position, encode(c.digest, 'hex') as child, c.child_id is not null as linked, c.platform
    from index_child c join manifest m on m.id = c.index_id order by 1, 2`,
  findings: `select encode(m.digest, 'hex') as image, f.rule, f.severity, f.message from finding f join manifest m on m.id = f.manifest_id order by 1, 2`,
  teams: `select team, repositories, tags, images, logical_bytes, stored_bytes, exclusive_bytes, shared_bytes, own_bytes, median_bytes, largest_image
    from team_total where audit_id = (select max(totals_of) from audit) order by team`,
  improvements: `select repository, platform, tag, previous_tag, techniques, saved_bytes, estimated_min_bytes, estimated_max_bytes
    from slimboard_improvements order by repository, platform, tag, saved_bytes`,
  goals: `select r.name, g.start_bytes, g.goal_bytes, g.current_bytes, g.possible_bytes
    from repository_goal g join repository r on r.id = g.repository_id order by r.name, g.since`,
  regressions: `select repository, platform, tag, previous_tag, change_bytes from slimboard_regressions order by repository, platform, tag`,
  removable: `select repository, tags, encode(digest, 'hex') as digest, reason from slimboard_reclaimable order by repository, digest`,
  lists: `select lists from source_summary where audit_id = (select max(totals_of) from audit) order by source_id`,
  source:
    'select repositories, tags, images, blobs, logical_bytes, stored_bytes from source_total where audit_id = (select max(totals_of) from audit)',
} as const;

export type Content = Record<keyof typeof STORED, readonly Record<string, unknown>[]>;

/** Everything that audits have stored, except row ids, audit ids and times, which differ from one run to the next. */
export async function contentOf(db: Database): Promise<Content> {
  const content: Partial<Content> = {};
  for (const [name, sql] of Object.entries(STORED)) content[name as keyof Content] = await db.query(sql);
  return content as Content;
}

/** Expects the same to be stored as an audit of now stores into an empty database. */
export async function expectAsAnew(db: Database, audit: () => Promise<unknown>): Promise<void> {
  const stored = await contentOf(db);
  await emptyTables(db);
  await audit();
  expect(stored).toEqual(await contentOf(db));
}

/** The errors of an audit, as `report errors` shows them. */
export function errorsOf(
  db: Database,
  auditId: number,
): Promise<readonly { repository: string; tag: string; code: string; message: string; retry: string }[]> {
  return db.query(
    'select repository, tag, code, message, retry from audit_error where audit_id = $1 order by repository, tag, code',
    [auditId],
  );
}
