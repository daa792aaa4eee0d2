// Prints how often the classifier is right about the labelled images in test/fixtures/corpus, by field and by signal,
// with and without a catalogue of known base images, and lists every answer that is wrong or missing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const contents = `
  import { accuracyReport, judgeCorpus } from './test/support/accuracy.ts';
  import { readCorpus } from './test/support/corpus.ts';
  const images = readCorpus('test/fixtures/corpus');
  export const reports = [
    accuracyReport('without a catalogue', judgeCorpus(images, false)),
    accuracyReport('with a catalogue of the other images', judgeCorpus(images, true)),
  ];
`;
const folder = await mkdtemp(join(tmpdir(), 'slimboard-accuracy-'));
const outfile = join(folder, 'accuracy.mjs');
try {
  const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm' });
  const { reports } = await import(outfile);
  for (const report of reports) process.stdout.write(`${report}\n`);
} finally {
  await rm(folder, { recursive: true });
}
