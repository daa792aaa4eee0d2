import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { connectRedis } from '../../src/queue/redis-connection.ts';
import { startRedis, type TestRedis } from './redis.ts';

/**
 * Starts Redis for the tests of a file; a failure of the connection fails them.
 * @returns a function that returns the connection
 */
export function useRedis(): () => Redis {
  let server: TestRedis | undefined;
  let redis: Redis | undefined;
  beforeAll(async () => {
    server = await startRedis();
    redis = await connectRedis(server.url, fail);
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
  });
  return () => redis ?? fail(new Error('Redis is not started yet'));
}

/** For errors that nothing in a test should cause. */
export function fail(error: unknown): never {
  throw error;
}

/**
 * Returns a listener for errors that nothing in a test should cause, which fails it at its end: BullMQ swallows what a
 * listener throws.
 */
export function noErrors(): (error: unknown) => void {
  const errors: unknown[] = [];
  onTestFinished(() => expect(errors).toEqual([]));
  return (error) => void errors.push(error);
}

let prefixes = 0;

/** A new prefix of keys, so that tests share a Redis but no keys. */
export function newPrefix(): string {
  return `t${prefixes++}`;
}
