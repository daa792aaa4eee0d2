/**
 * Works through items with so many at a time in hand; the next item is made only when a lane is free.
 * @throws the first failure, when what was in hand has ended
 */
export async function inLanes<T>(
  lanes: number,
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const { done, value } = await iterator.next();
      if (done) return;
      await work(value);
    }
  };
  const stop = (error: unknown): never => {
    stopped = true;
    throw error;
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, () => lane().catch(stop)));
  await iterator.return?.();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
