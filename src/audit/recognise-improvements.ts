import { findImprovement } from '../advise/improvement.ts';
import type { Database } from '../store/database.ts';
import {
  type BuildPair,
  listTouchedRepositories,
  type RecognisedPair,
  readBuildPairs,
  saveImprovements,
} from '../store/improvement-store.ts';
import { readImages, type StoredImage } from '../store/stale-images.ts';
import { judgeOf } from './assess-images.ts';
import { ContentsReader } from './contents-reader.ts';
import type { AuditContext } from './context.ts';
import { examineImage, type Judge } from './judge-image.ts';
import type { AuditPlan } from './plan.ts';

/** Few enough that their pairs fit in memory; and so many pairs are judged at a time. */
const REPOSITORIES_PER_QUERY = 100;
const PAIRS_PER_BATCH = 100;

/**
 * Finds the techniques that builds applied, in repositories where something was built or judged since the last audit.
 * Both builds are judged by today's rules, so that a rule that came or went between them is nobody's merit. In batches
 * of their own: an audit that is stopped in between does them again, to the same end.
 */
export async function recogniseImprovements(
  context: AuditContext,
  plan: AuditPlan,
  signal: AbortSignal,
): Promise<void> {
  const sourceIds = plan.sources.map(({ id }) => id);
  const repositories = await listTouchedRepositories(context.db, sourceIds, plan.auditId);
  if (repositories.length === 0) return;
  const judge = await judgeOf(context, plan.auditId, context.db);
  for (let at = 0; at < repositories.length; at += REPOSITORIES_PER_QUERY) {
    const pairs = await readBuildPairs(context.db, repositories.slice(at, at + REPOSITORIES_PER_QUERY));
    for (let from = 0; from < pairs.length; from += PAIRS_PER_BATCH) {
      signal.throwIfAborted();
      await recognise(context.db, judge, pairs.slice(from, from + PAIRS_PER_BATCH));
    }
  }
}

async function recognise(db: Database, judge: Judge, pairs: readonly BuildPair[]): Promise<void> {
  const ids = new Set(pairs.flatMap(({ before, after }) => [before, after]));
  const stored = await readImages(db, new Map([...ids].map((id) => [id, ''])));
  const images = new Map(stored.map((image) => [image.manifestId, image]));
  const contents = new ContentsReader(db);
  const found: RecognisedPair[] = [];
  for (const pair of pairs) {
    const [before, after] = [images.get(pair.before), images.get(pair.after)];
    if (before && after) found.push({ ...pair, improvement: await compare(before, after, judge, contents) });
  }
  await db.transaction((tx) => saveImprovements(tx, found));
}

/** Contents of layers show more than a history does: they are looked at where both builds' were read, or not at all. */
async function compare(before: StoredImage, after: StoredImage, judge: Judge, contents: ContentsReader) {
  const layers = [await contents.ofLayers(before.readLayers), await contents.ofLayers(after.readLayers)];
  const [ofBefore, ofAfter] = layers.every(({ length }) => length > 0) ? layers : [];
  return findImprovement(examineImage(before, judge, ofBefore), examineImage(after, judge, ofAfter), judge.knowledge);
}
