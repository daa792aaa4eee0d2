/**
 * Works through items with at most `concurrency` in hand. The next item is taken only when one has ended; after a failure
 * none is.
 * @throws the first failure, when what was in hand has ended
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // Whichever failure closes it, the items' own iterator is closed with it.
  const queue = (async function* () {
    yield* items;
  })();
  const worker = async (): Promise<void> => {
    for await (const item of queue) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * The results of `work`, in the items' order, with at most `concurrency` under way.
 * @throws the first failure, when what was in hand has ended
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  await forEachConcurrently(items.entries(), Math.min(concurrency, items.length), async ([at, item]) => {
    results[at] = await work(item);
  });
  return results;
}
