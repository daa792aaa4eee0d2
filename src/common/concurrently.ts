/**
 * Calls `work` for each item, at most `concurrency` at a time. Takes the next item from the iterator only when a call
 * has ended, and none after a failure.
 * @throws one of the failures, once the calls under way have ended
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // Closing this generator, after any failure, also closes the items' own iterator.
  const queue = (async function* () {
    yield* items;
  })();
  const worker = async (): Promise<void> => {
    for await (const item of queue) await work(item);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/**
 * The results of `work`, in the order of the items, with at most `concurrency` calls at a time.
 * @throws one of the failures, once the calls under way have ended
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  await forEachConcurrently(items.entries(), Math.min(concurrency, items.length), async ([index, item]) => {
    results[index] = await work(item);
  });
  return results;
}
