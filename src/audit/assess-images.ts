import { setImmediate } from 'node:timers/promises';
import { knowledgeOf } from '../advise/alternatives.ts';
import { catalogueAlternatives } from '../catalogue/alternatives.ts';
import { findContents, type LayerContents } from '../deep/contents.ts';
import { digestOf } from '../oci/digest.ts';
import type { TaskReference } from '../queue/queue.ts';
import { type Assessment, saveAssessments } from '../store/assessment-store.ts';
import { settleTask } from '../store/audit-store.ts';
import type { Queryable } from '../store/database.ts';
import { readLayerContents } from '../store/layer-store.ts';
import { readStaleImages } from '../store/stale-images.ts';
import type { AuditContext } from './context.ts';
import { type Judge, judgeImage, rulesKey } from './judge-image.ts';
import type { AuditPlan } from './plan.ts';
import type { RangePayload } from './task-payloads.ts';

/** So many images make a task: they are judged in well under a second, and their rows fit one statement. */
export const IMAGES_PER_TASK = 500;

/** What the audit in hand judges by: a process reads the catalogue once an audit. */
const JUDGES = new WeakMap<AuditContext, { readonly auditId: number; readonly judge: Promise<Judge> }>();

/** What the settings and the catalogue judge by. */
export function judgeOf(context: AuditContext, auditId: number, db: Queryable): Promise<Judge> {
  const known = JUDGES.get(context);
  if (known?.auditId === auditId) return known.judge;
  const judge = readJudge(context, db);
  JUDGES.set(context, { auditId, judge });
  judge.catch(() => JUDGES.delete(context));
  return judge;
}

async function readJudge({ settings, now }: AuditContext, db: Queryable): Promise<Judge> {
  const alternatives = await catalogueAlternatives(db);
  return {
    policy: settings.policy,
    teamKey: settings.teamKey,
    knowledge: knowledgeOf(alternatives),
    knowledgeKey: digestOf(JSON.stringify(alternatives)),
    today: now().slice(0, 10),
  };
}

/** Unpacked, layers of some million files together. */
const KEPT_BYTES = 64_000_000;

/** Contents of layers, each unpacked once while the images that share it are judged, as far as memory allows. */
class ContentsReader {
  readonly #db: Queryable;
  readonly #known = new Map<number, LayerContents>();
  #bytes = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @returns empty when one of them cannot be unpacked: an older reader kept it in another form */
  async ofLayers(blobIds: readonly number[]): Promise<readonly LayerContents[]> {
    if (blobIds.length === 0) return [];
    if (this.#bytes > KEPT_BYTES) this.#forget();
    // Judging what was read takes far longer than judging a config: others get their turn in between.
    await setImmediate();
    const missing = blobIds.filter((id) => !this.#known.has(id));
    for (const [id, packed] of await readLayerContents(this.#db, missing)) this.#keep(id, findContents(packed));
    const layers = blobIds.flatMap((id) => this.#known.get(id) ?? []);
    return layers.length === blobIds.length ? layers : [];
  }

  #keep(id: number, contents: LayerContents | undefined): void {
    if (!contents) return;
    this.#known.set(id, contents);
    this.#bytes += contents.entries.length;
  }

  #forget(): void {
    this.#known.clear();
    this.#bytes = 0;
  }
}

/** Judges the images of a range whose judgement is missing or out of date. */
export async function assessImages(
  context: AuditContext,
  task: TaskReference,
  plan: AuditPlan,
  range: RangePayload,
): Promise<void> {
  const judge = await judgeOf(context, plan.auditId, context.db);
  const sourceIds = plan.sources.map(({ id }) => id);
  const images = await readStaleImages(context.db, sourceIds, rulesKey(judge), range);
  const contents = new ContentsReader(context.db);
  const assessments: Assessment[] = [];
  for (const image of images) assessments.push(judgeImage(image, judge, await contents.ofLayers(image.readLayers)));
  await context.db.transaction(async (tx) => {
    await saveAssessments(tx, assessments);
    await settleTask(tx, task);
  });
}
