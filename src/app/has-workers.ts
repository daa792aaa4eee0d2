/**
 * Whether any worker is connected to a Redis.
 * @throws what `connectRedis` throws
 */
export async function hasWorkers(redisUrl: string): Promise<boolean> {
  const [{ connectRedis }, { BullmqQueue }] = await Promise.all([
    import('../queue/redis-connection.ts'),
    import('../queue/bullmq-queue.ts'),
  ]);
  const redis = await connectRedis(redisUrl, () => undefined);
  try {
    const queue = new BullmqQueue({ redis, onError: () => undefined });
    const found = await queue.hasWorkers();
    await queue.close();
    return found;
  } finally {
    redis.disconnect();
  }
}
