import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { orAborted } from '../../../src/registry/abort.ts';

const stopped = new Error('stopped');

test('work that settles before an abort keeps its result', async () => {
  const { signal } = new AbortController();
  await expect(orAborted(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(orAborted(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
});

test.each(['before', 'after'])(
  'work that fails after an abort (%s orAborted is called) causes no unhandled rejection',
  async (when) => {
    const lost: unknown[] = [];
    const note = (reason: unknown) => lost.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const controller = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    if (when === 'before') controller.abort(stopped);
    const ended = orAborted(work, controller.signal);
    controller.abort(stopped);
    await expect(ended).rejects.toBe(stopped);
    fail(new Error('the connection was closed'));
    await setImmediate();
    expect(lost).toEqual([]);
  },
);
