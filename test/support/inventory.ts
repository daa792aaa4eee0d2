import type { Database, SqlValue } from '../../src/database/database.ts';
import { digestBytes, digestOf } from '../../src/oci/digest.ts';
import { computeTotals } from '../../src/store/totals/totals-store.ts';

/** An image to write into a database. */
export interface ImageToStore {
  readonly name: string;
  /** Base first, each with a name and its size; equal names are the same layer. */
  readonly layers: readonly (readonly [name: string, bytes: number])[];
  readonly configBytes?: number;
  readonly createdAt?: string;
  readonly platform?: string;
  /** The base image, with its number of layers. An assessment is stored if this or `assessment` is set. */
  readonly base?: { readonly name: string; readonly image?: string; readonly layers: number };
  readonly assessment?: Readonly<Record<string, SqlValue>>;
  readonly findings?: readonly { readonly rule: string; readonly severity: string; readonly maxBytes?: number }[];
}

/** What an audit to write into a database has of its own. */
export interface AuditToStore {
  readonly status?: string;
  readonly options?: object;
  /** Default: its end. */
  readonly startedAt?: string;
}

/** Writes a registry's contents into a database directly, without an audit, for tests of queries. */
export class Inventory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  source(name: string, dedup = 'registry'): Promise<number> {
    return this.#insert('source', { name, kind: 'oci', dedup });
  }

  repository(
    sourceId: number,
    name: string,
    team: string,
    at: string,
    registry = 'registry.example.com',
  ): Promise<number> {
    return this.#insert('repository', {
      source_id: sourceId,
      registry,
      name,
      team,
      first_seen_at: at,
      last_seen_at: at,
    });
  }

  async image(image: ImageToStore): Promise<number> {
    const configId = await this.#blob(`config of ${image.name}`, image.configBytes ?? 1);
    const id = await this.#manifest(image.name, 'image', configId);
    const pullBytes = image.layers.reduce((sum, [, bytes]) => sum + bytes, 0);
    for (const [position, [name, bytes]] of image.layers.entries()) {
      const blobId = await this.#blob(name, bytes);
      await this.#insert('manifest_layer', { manifest_id: id, position, blob_id: blobId }, 'blob_id');
    }
    await this.#insert(
      'image',
      {
        manifest_id: id,
        platform: image.platform ?? 'linux/amd64',
        created_at: image.createdAt ?? null,
        pull_bytes: pullBytes,
        layer_count: image.layers.length,
      },
      'manifest_id',
    );
    await this.#assess(id, image, pullBytes);
    return id;
  }

  async index(name: string, children: readonly number[]): Promise<number> {
    const id = await this.#manifest(name, 'index', null);
    for (const [position, childId] of children.entries()) {
      const child = { index_id: id, position, digest: digestBytes(digestOf(`child ${childId}`)), child_id: childId };
      await this.#insert('index_child', child, 'position');
    }
    return id;
  }

  tag(repositoryId: number, name: string | null, manifestId: number, at: string): Promise<number> {
    return this.#insert('tag', { repository_id: repositoryId, name, manifest_id: manifestId, started_at: at });
  }

  async endTag(tagId: number, at: string): Promise<void> {
    await this.#db.query('update tag set ended_at = $2 where id = $1', [tagId, at]);
  }

  /** Adds a finished audit of one source, with totals of its current contents. */
  async audit(
    sourceId: number,
    at: string,
    { status = 'finished', options = {}, startedAt = at }: AuditToStore = {},
  ): Promise<number> {
    const id = await this.#insert('audit', {
      lane: 'nightly',
      status,
      stage: 'deliver',
      options: JSON.stringify(options),
      started_at: startedAt,
      finished_at: at,
      heartbeat_at: at,
    });
    await this.#insert('audit_source', { audit_id: id, source_id: sourceId, running: false }, 'audit_id');
    await this.#db.transaction((tx) => computeTotals(tx, sourceId, id));
    return id;
  }

  async layerInstruction(name: string, instruction: string): Promise<void> {
    await this.#db.query('update blob set instruction = $2 where digest = $1', [
      digestBytes(digestOf(name)),
      instruction,
    ]);
  }

  async #blob(name: string, size: number): Promise<number> {
    const digest = digestBytes(digestOf(name));
    const [found] = await this.#db.query<{ id: number }>('select id from blob where digest = $1', [digest]);
    return found?.id ?? this.#insert('blob', { digest, size, media_type: 'application/octet-stream' });
  }

  async #manifest(name: string, kind: string, configId: number | null): Promise<number> {
    const id = await this.#insert('manifest', {
      digest: digestBytes(digestOf(name)),
      media_type: `application/vnd.oci.image.${kind === 'index' ? 'index' : 'manifest'}.v1+json`,
      kind,
      config_id: configId,
      // An index without a body would count as archived.
      body: kind === 'index' ? Buffer.from('{}') : null,
      fetched_at: '2026-01-01T00:00:00Z',
    });
    return id;
  }

  async #assess(id: number, { base, layers, assessment, findings = [] }: ImageToStore, pullBytes: number) {
    if (!base && !assessment) return;
    const baseBytes = layers.slice(0, base?.layers ?? 0).reduce((sum, [, bytes]) => sum + bytes, 0);
    await this.#insert(
      'assessment',
      {
        manifest_id: id,
        rules_key: 'r',
        bases_key: 'b',
        base_image: base?.name ?? null,
        base_digest: base?.image === undefined ? null : digestBytes(digestOf(base.image)),
        base_confidence: base ? 'proven' : null,
        base_evidence: base ? `layer-chain:${base.name}` : 'scratch',
        base_layers: base?.layers ?? null,
        base_bytes: base ? baseBytes : null,
        app_bytes: base ? pullBytes - baseBytes : null,
        multi_stage: 'unknown',
        multi_stage_evidence: '',
        run_user: '',
        finding_rules: [...new Set(findings.map(({ rule }) => rule))].sort().join(';'),
        savings_min_bytes: 0,
        savings_max_bytes: 0,
        slim_score: 100,
        techniques: '[]',
        ...assessment,
      },
      'manifest_id',
    );
    for (const [ordinal, { rule, severity, maxBytes }] of findings.entries()) {
      const finding = { manifest_id: id, ordinal, rule, severity, confidence: 'proven', message: `trips ${rule}` };
      await this.#insert('finding', { ...finding, max_bytes: maxBytes ?? null }, 'manifest_id');
    }
  }

  async #insert(table: string, values: Readonly<Record<string, SqlValue>>, returning = 'id'): Promise<number> {
    const names = Object.keys(values);
    const [row] = await this.#db.query<Record<string, number>>(
      `insert into ${table} (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')}) returning ${returning}`,
      Object.values(values),
    );
    return row?.[returning] ?? 0;
  }
}
