import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { closeServer, listenOn } from '../../../src/network/http-server.ts';

/** A server that answers when it is told to, a request to it that it has, and what its client received. */
async function pendingRequest() {
  let answer = (): void => undefined;
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on('request', (_, response) => {
      answer = () => response.end('answered');
      resolve();
    });
  });
  const port = await listenOn(server, '127.0.0.1', 0);
  const received = fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.text(),
    () => 'cut',
  );
  await asked;
  return { server, received, answer: () => answer() };
}

test('a server that closes cuts what it is answering', async () => {
  const { server, received } = await pendingRequest();
  await closeServer(server);
  expect(await received).toBe('cut');
});

test('a server that closes with a period of grace ends with the last answer, though its connection could stay', async () => {
  const { server, received, answer } = await pendingRequest();
  const closed = closeServer(server, 60_000);
  expect(server.listening).toBe(false);
  answer();
  expect(await received).toBe('answered');
  await closed;
});

test('once that period is over, it cuts what is left', async () => {
  const { server, received } = await pendingRequest();
  await closeServer(server, 1);
  expect(await received).toBe('cut');
});
