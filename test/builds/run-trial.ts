import { execFile } from 'node:child_process';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ByteRange } from '../../src/measure/byte-range.ts';
import type { Buildah } from './buildah.ts';
import type { Trial } from './trials.ts';

const run = promisify(execFile);

export interface TrialTools {
  readonly buildah: Buildah;
  /** Contexts and slimboard's database go here. */
  readonly folder: string;
  /** Where apps/ and probe.mjs lie. */
  readonly sources: string;
  /** slimboard's built command line. */
  readonly program: string;
}

/** What came of a trial. Sizes are pull sizes in bytes. */
export interface TrialResult {
  readonly fatBytes: number;
  readonly techniques: readonly string[];
  readonly projected: ByteRange;
  readonly slimBytes: number;
  /** What the slim image answers. */
  readonly answer: string;
}

/** Builds the program as its own Dockerfile says, then as the advice on that image says, and asks both. */
export async function runTrial(trial: Trial, tools: TrialTools): Promise<TrialResult> {
  const { buildah, folder } = tools;
  const tag = trial.name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const context = await mkdtemp(join(folder, `${tag}-`));
  for (const name of trial.folders) await cp(join(tools.sources, 'apps', name), context, { recursive: true });
  const fat = await buildah.buildAndPush(context, trial.dockerfile, `${tag}:fat`);
  const { advice, files } = await slimboard(tools, 'advise', fat, '--catalogue', '--goal', trial.goal);
  await writeFile(join(context, 'Dockerfile.advised'), files.dockerfile);
  await writeFile(join(context, '.dockerignore'), files.dockerignore);
  const slim = await buildah.buildAndPush(context, 'Dockerfile.advised', `${tag}:slim`);
  const { compressed_bytes: slimBytes } = await slimboard(tools, 'inspect', slim);
  return {
    fatBytes: advice.current_bytes,
    techniques: advice.plan.map(({ technique }: { technique: string }) => technique),
    projected: advice.plan.at(-1)?.projection.after ?? { min: advice.current_bytes, max: advice.current_bytes },
    slimBytes,
    answer: await ask(trial, `${tag}:slim`, tools),
  };
}

/** What one of slimboard's commands answers, as data. */
export async function slimboard(
  { program, folder }: Pick<TrialTools, 'program' | 'folder'>,
  ...words: readonly string[]
) {
  const format = words[0] === 'bases' ? [] : ['--format', 'json'];
  const options = { cwd: folder, maxBuffer: 100_000_000 };
  const { stdout } = await run(process.execPath, [program, ...words, ...format, '--plain-http'], options);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

/** Starts the image in a network of its own. @returns what it answers */
function ask({ port }: Trial, image: string, { buildah, sources }: TrialTools): Promise<string> {
  return buildah.withContainer(image, async (command) => {
    const words = ['--net', process.execPath, join(sources, 'probe.mjs'), String(port), ...command];
    const { stdout } = await run('unshare', words, { env: buildah.environment });
    return /^answer: (.*)/ms.exec(stdout)?.[1]?.trim() ?? '';
  });
}
