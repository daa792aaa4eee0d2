import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Behaviour, RegistryStats } from '../registry/server.ts';

/** A synthetic registry in a process of its own. */
export interface BenchRegistry {
  readonly url: string;
  /** `127.0.0.1:PORT`, as a TARGET. */
  readonly host: string;
  /** Changes how it behaves, and begins to count anew. */
  behave(change: Partial<Behaviour>): Promise<void>;
  stats(): Promise<RegistryStats>;
  stop(): Promise<void>;
}

/** Gives a registry to `work`, and stops it however that ends: one that goes on would keep the benchmark from its end. */
export async function withRegistry<T>(
  behaviour: Partial<Behaviour>,
  work: (registry: BenchRegistry) => Promise<T>,
): Promise<T> {
  const registry = await startRegistry(behaviour);
  try {
    return await work(registry);
  } finally {
    await registry.stop();
  }
}

async function startRegistry(behaviour: Partial<Behaviour>): Promise<BenchRegistry> {
  const script = fileURLToPath(new URL('synthetic-registry.js', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(behaviour)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    host: new URL(url).host,
    behave: async (change) => {
      await fetch(`${url}/__behaviour`, { method: 'POST', body: JSON.stringify(change) });
    },
    stats: async () => (await (await fetch(`${url}/__stats`)).json()) as RegistryStats,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** What an audit asked for beyond the listing. */
export function contentRequests({ manifestByTag, manifestByDigest, blob }: RegistryStats): number {
  return manifestByTag + manifestByDigest + blob;
}

export function allRequests(stats: RegistryStats): number {
  return stats.catalog + stats.tagList + contentRequests(stats);
}
