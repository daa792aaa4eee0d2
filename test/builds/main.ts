import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { humanBytes } from '../../src/measure/human-bytes.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { Buildah } from './buildah.ts';
import { runTrial, slimboard, type TrialResult, type TrialTools } from './run-trial.ts';
import { TRIALS, type Trial } from './trials.ts';

/**
 * Builds the Dockerfiles that advice writes, runs the images, and compares their sizes with the projected ones. Runs in
 * the project's folder, with dist/ built.
 * Usage: npm run test:builds [NAME…], for the trials whose names contain one of these; without names: all.
 */
process.exitCode = (await keepsPromises(process.argv.slice(2))) ? 0 : 1;

/** Whether at least one trial was run, and all that were kept what advice promised. */
async function keepsPromises(names: readonly string[]): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-builds-'));
  const registry = await startDockerRegistry();
  const mirror = process.env.SLIMBOARD_BASES || undefined;
  const buildOptions = (process.env.SLIMBOARD_BUILD_OPTIONS ?? '').split(' ').filter((word) => word !== '');
  try {
    const kept = process.env.SLIMBOARD_BUILDS_STORE || folder;
    const buildah = await Buildah.open({ folder: kept, mirror, registry: registry.host, buildOptions });
    const tools = { buildah, folder, sources: resolve('test/builds'), program: resolve('dist/slimboard.cjs') };
    const wanted = TRIALS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
    const judged: boolean[] = [];
    for (const trial of wanted) judged.push(...(await judge(trial, tools, mirror)));
    return judged.length > 0 && judged.every(Boolean);
  } finally {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nothing where the trial could not be made. */
async function judge(trial: Trial, tools: TrialTools, mirror: string | undefined): Promise<readonly boolean[]> {
  for (const base of trial.bases) {
    const missing = await tools.buildah.pull(base).catch(() => base);
    if (missing) {
      say(`${trial.name}: skipped, cannot pull ${missing}`);
      return [];
    }
  }
  const learned = trial.bases.map((base) => (mirror ? `${mirror}/${base.replace(/^[^/]+\//, '')}` : base));
  await slimboard(tools, 'bases', 'learn', ...learned);
  const result = await runTrial(trial, tools).catch((error: Error) => error);
  if (result instanceof Error) {
    say(`${trial.name}: FAILED: ${result.message}`);
    return [false];
  }
  const broken = brokenPromises(trial, result);
  say(`${trial.name}: ${describe(result)}${broken.length === 0 ? '' : `: ${broken.join(', ')}`}`);
  return [broken.length === 0];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function brokenPromises({ answers }: Trial, { slimBytes, projected, answer }: TrialResult): readonly string[] {
  return [
    ...(slimBytes > projected.max ? ['LARGER than projected'] : []),
    ...(slimBytes < projected.min ? ['SMALLER than projected'] : []),
    ...(answer.includes(answers) ? [] : [`ANSWERS ${JSON.stringify(answer)}`]),
  ];
}

function describe({ fatBytes, techniques, projected, slimBytes }: TrialResult): string {
  const sizes = [fatBytes, projected.min, projected.max, slimBytes].map(humanBytes);
  const [fat, min, max, slim] = sizes;
  return `${fat}, projected ${min} to ${max} by ${techniques.join(', ')}; built ${slim}`;
}
