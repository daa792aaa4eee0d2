import { findImprovement } from '../../advise/improvement.ts';
import { chunksOf } from '../../common/chunks-of.ts';
import type { Database } from '../../database/database.ts';
import { readImages, type StoredImage } from '../../store/image-store.ts';
import {
  type BuildPair,
  listTouchedRepositories,
  type RecognisedPair,
  readBuildPairs,
  saveImprovements,
} from '../../store/totals/improvement-store.ts';
import { examineImage } from '../assessing/assess-image.ts';
import { ContentsReader } from '../assessing/contents-reader.ts';
import type { Criteria } from '../assessing/criteria.ts';
import type { Audit } from '../audit.ts';
import type { AuditContext } from '../context.ts';

/** Few enough that the pairs of builds of all of them fit in memory. */
const REPOSITORIES_PER_QUERY = 100;
const PAIRS_PER_BATCH = 100;

/**
 * Finds and stores the techniques that builds applied, in repositories where an image was pushed or assessed since the
 * last audit. Both builds of a pair are assessed by today's rules, so that a rule that was added or removed between
 * them does not count as an improvement. Each batch has its own transaction: an audit that is stopped between two of
 * them repeats them with the same result.
 */
export async function recogniseImprovements(context: AuditContext, audit: Audit, signal: AbortSignal): Promise<void> {
  const repositories = await listTouchedRepositories(context.db, audit.sourceIds, audit.id);
  if (repositories.length === 0) return;
  const criteria = await context.criteriaOf(audit.id, context.db);
  for (const some of chunksOf(repositories, REPOSITORIES_PER_QUERY)) {
    for (const pairs of chunksOf(await readBuildPairs(context.db, some), PAIRS_PER_BATCH)) {
      signal.throwIfAborted();
      await recognise(context.db, criteria, pairs);
    }
  }
}

async function recognise(db: Database, criteria: Criteria, pairs: readonly BuildPair[]): Promise<void> {
  const ids = new Set(pairs.flatMap(({ before, after }) => [before, after]));
  const stored = await readImages(db, [...ids]);
  const images = new Map(stored.map((image) => [image.manifestId, image]));
  const contents = new ContentsReader(db);
  const found: RecognisedPair[] = [];
  for (const pair of pairs) {
    const [before, after] = [images.get(pair.before), images.get(pair.after)];
    if (before && after) found.push({ ...pair, improvement: await compare(before, after, criteria, contents) });
  }
  await db.transaction((tx) => saveImprovements(tx, found));
}

/**
 * Contents of layers reveal more than a history: they are used only if both builds' layers were read, so that the two
 * are assessed alike.
 */
async function compare(before: StoredImage, after: StoredImage, criteria: Criteria, contents: ContentsReader) {
  const layers = [await contents.ofLayers(before.readLayers), await contents.ofLayers(after.readLayers)];
  const [ofBefore, ofAfter] = layers.every(({ length }) => length > 0) ? layers : [];
  return findImprovement(
    examineImage(before, criteria, ofBefore),
    examineImage(after, criteria, ofAfter),
    criteria.knowledge,
  );
}
