import { createServer } from 'node:net';
import { listenOnFreePort } from './free-port.ts';

/**
 * Starts a server that speaks as much of Redis' protocol as a connection needs: it answers INFO with a text, and all else
 * with OK.
 */
export async function startFakeRedis(info: () => string): Promise<{ readonly url: string; close(): void }> {
  const answerTo = (command: string): string => {
    if (!/\r\ninfo\r\n/i.test(command)) return '+OK\r\n';
    const text = info();
    return `$${text.length}\r\n${text}\r\n`;
  };
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (data) => {
        const commands = data.toString().split(/(?=\*\d+\r\n)/);
        socket.write(commands.map(answerTo).join(''));
      });
  });
  const port = await listenOnFreePort(server);
  return { url: `redis://127.0.0.1:${port}`, close: () => void server.close() };
}
