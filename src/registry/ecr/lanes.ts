/** The results of `work`, in the items' order, with at most `lanes` under way; the first failure is thrown. */
export async function mapInLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  // A generator, for a lane that fails closes it: the others take no more.
  const queue = (function* () {
    yield* items.entries();
  })();
  const lane = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results;
}
