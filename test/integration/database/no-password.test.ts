import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { openDatabase } from '../../../src/database/open-database.ts';
import { listenOnFreePort } from '../../support/free-port.ts';

/** A message that asks for a login by SCRAM. @see PostgreSQL documentation, "Message Formats", AuthenticationSASL */
function authentication(step: number, text: string): Buffer {
  const message = Buffer.from(`R\0\0\0\0\0\0\0\0${text}`, 'latin1');
  message.writeInt32BE(message.length - 1, 1);
  message.writeInt32BE(step, 5);
  return message;
}

test('without the password that a server asks for, the login is given up and the connection closed', async () => {
  vi.stubEnv('PGPASSWORD', undefined);
  const server = createServer();
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const port = await listenOnFreePort(server);
  const opening = openDatabase({ url: `postgres://user@127.0.0.1:${port}/database`, dataDir: '' });
  const failed = expect(opening).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining('asks for a password'),
  });
  const [socket] = await connected;
  const closed = once(socket, 'close');
  await once(socket, 'data');
  socket.write(authentication(10, 'SCRAM-SHA-256\0\0'));
  await once(socket, 'data');
  socket.write(authentication(11, 'r=nonce,s=c2FsdA==,i=4096'));
  await failed;
  await closed;
  server.close();
  vi.unstubAllEnvs();
});
