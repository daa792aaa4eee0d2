import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Behaviour, RegistryStats } from '../registry/server.ts';

/** A synthetic registry in a process of its own. */
export interface BenchRegistry {
  readonly url: string;
  /** `127.0.0.1:PORT`, as an argument of `slimboard audit`. */
  readonly host: string;
  /** Changes its behaviour, and resets its statistics. */
  behave(change: Partial<Behaviour>): Promise<void>;
  stats(): Promise<RegistryStats>;
  stop(): Promise<void>;
}

/** Starts a registry for `work`, and always stops it afterwards: a running one would keep the benchmark from ending. */
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

/** The number of requests for contents, that is all but those for listings. */
export function contentRequests({ manifestByTag, manifestByDigest, blob }: RegistryStats): number {
  return manifestByTag + manifestByDigest + blob;
}

/** The number of requests for listings and contents. */
export function allRequests(stats: RegistryStats): number {
  return stats.catalog + stats.tagList + contentRequests(stats);
}
