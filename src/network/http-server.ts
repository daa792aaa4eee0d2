import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts to listen. @param port 0: any free port @returns the port @throws Error of Node.js when it cannot */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** How often to look for connections whose last request was answered after the server had stopped listening. */
const LOOK_EVERY_MS = 50;

/**
 * Stops listening, and cuts open connections.
 * @param graceMs how long requests that are being answered may take to end; default: they are cut, too
 */
export function closeServer(server: Server, graceMs = 0): Promise<void> {
  return new Promise((resolve) => {
    const looking = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
    const cutting = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(looking);
      clearTimeout(cutting);
      resolve();
    });
  });
}
