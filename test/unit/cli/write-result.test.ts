import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Interruption } from '../../../src/cli/exit-code.ts';
import { writeResult } from '../../../src/cli/io.ts';

test('a signal ends a result between two pieces of it', async () => {
  const stop = new AbortController();
  const written: string[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      stop.abort(new Interruption('SIGINT'));
      done();
    },
  });
  const io = { stdout, stderr: stdout, environment: {}, cwd: '/', now: () => new Date(0), signal: stop.signal };
  await expect(writeResult(io, ['one', 'two'])).rejects.toThrow(Interruption);
  expect(written).toEqual(['one']);
});
