import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenOnFreePort } from './free-port.ts';

/** What becomes of a statement. `unconfirmed`: Postgres gets it, and its answer is lost. */
export type Fate = 'pass' | 'cut' | 'shut down' | 'unconfirmed';

export interface PostgresProxyOptions {
  /** Called for each statement before Postgres gets it. */
  readonly fateOf: (sql: string) => Fate | Promise<Fate>;
}

/** Stands between the program and Postgres, and decides the fate of each statement. */
export class PostgresProxy {
  /** The database's URL, through the proxy. */
  readonly url: string;
  /** While set, connections are answered with this SQLSTATE. */
  refuseWith: string | undefined;
  readonly #fateOf: PostgresProxyOptions['fateOf'];
  readonly #target: URL;
  readonly #server: Server;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL, server: Server, port: number, { fateOf }: PostgresProxyOptions) {
    this.#target = target;
    this.#server = server;
    this.#port = port;
    this.#fateOf = fateOf;
    this.url = Object.assign(new URL(target), { port: String(port) }).href;
    server.on('connection', (client) => this.#serve(client));
  }

  static async start(url: string, options: PostgresProxyOptions): Promise<PostgresProxy> {
    const server = createServer();
    return new PostgresProxy(new URL(url), server, await listenOnFreePort(server), options);
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Cuts all connections, and refuses new ones. */
  close(): void {
    if (this.#server.listening) this.#server.close();
    this.cut();
  }

  /** Accepts connections again. */
  open(): void {
    if (!this.#server.listening) this.#server.listen(this.#port, '127.0.0.1');
  }

  #serve(client: Socket): void {
    this.#sockets.add(client.on('error', () => undefined));
    if (this.refuseWith === undefined) this.#connect(client);
    else this.#refuse(client, this.refuseWith);
  }

  #connect(client: Socket): void {
    const postgres = connect(Number(this.#target.port), this.#target.hostname);
    this.#sockets.add(postgres.on('error', () => undefined));
    let isMute = false;
    postgres.on('data', (data) => void (isMute ? client.destroy() : client.write(data)));
    for (const [one, other] of [
      [client, postgres],
      [postgres, client],
    ] as const)
      one.on('close', () => other.destroy());
    void this.#forward(client, async (frame, sql) => {
      const fate = sql === undefined ? 'pass' : await this.#fateOf(sql);
      if (fate === 'cut') return void client.destroy();
      if (fate === 'shut down') return this.#refuse(client, '57P01');
      isMute ||= fate === 'unconfirmed';
      postgres.write(frame);
    }).catch(() => undefined);
  }

  /** Passes on each message of the client, with the SQL of one that has a statement. */
  async #forward(client: Socket, pass: (frame: Buffer, sql: string | undefined) => Promise<void>): Promise<void> {
    let waiting = Buffer.alloc(0);
    let hasStarted = false;
    for await (const data of client) {
      waiting = Buffer.concat([waiting, data]);
      for (;;) {
        // The first message has no type.
        const at = hasStarted ? 1 : 0;
        const length = waiting.length < at + 4 ? Number.POSITIVE_INFINITY : at + waiting.readInt32BE(at);
        if (waiting.length < length) break;
        const frame = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        await pass(frame, hasStarted ? sqlOf(frame) : undefined);
        hasStarted = true;
      }
    }
  }

  #refuse(client: Socket, code: string): void {
    const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mthe test says so\0\0`);
    const head = Buffer.alloc(5);
    head.write('E');
    head.writeInt32BE(fields.length + 4, 1);
    client.end(Buffer.concat([head, fields]));
  }
}

/** @see PostgreSQL documentation, message formats: Query and Parse, whose statements are unnamed here */
function sqlOf(frame: Buffer): string | undefined {
  const type = String.fromCharCode(frame[0] ?? 0);
  const start = { Q: 5, P: 6 }[type];
  return start === undefined ? undefined : frame.toString('utf8', start, frame.indexOf(0, start));
}
