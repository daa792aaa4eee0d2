import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Proxies } from './proxies.ts';
import { openTunnel } from './tunnel.ts';

type Connected = (error: Error | null, socket?: Duplex) => void;

/**
 * Creates agents for clients of Node.js' own HTTP, such as those of AWS: they go through the proxies that are set.
 * @param timeoutMs until a proxy has opened a connection
 */
export function createProxyingAgents(proxies: Proxies, options: AgentOptions, timeoutMs: number) {
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent(options);
  for (const agent of [httpAgent, httpsAgent]) {
    const connect = agent.createConnection.bind(agent) as (options: RequestOptions, done?: Connected) => Duplex;
    const protocol = agent === httpsAgent ? 'https:' : 'http:';
    agent.createConnection = (target: RequestOptions, done: Connected) => {
      const end = { hostname: String(target.host), port: String(target.port) };
      const proxy = proxies.for({ protocol, ...end });
      if (!proxy) return connect(target, done);
      openTunnel(proxy, end, timeoutMs, (error, socket) => {
        if (error || protocol === 'http:') done(error ?? null, socket);
        else done(null, connect({ ...target, socket } as RequestOptions));
      });
      return undefined;
    };
  }
  return { httpAgent, httpsAgent };
}
