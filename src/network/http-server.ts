import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts to listen. @param port 0: any free port @returns the port @throws Error of Node.js when it cannot */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** Stops listening and cuts open connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
