// Prints how often the classifier is right on the labelled images of test/fixtures/corpus: by field, by signal, with and
// without a catalogue of known bases, and every answer that was not right.
import { build } from 'esbuild';

const entry = `
  import { accuracyReport, judgeCorpus } from './test/support/accuracy.ts';
  import { readCorpus } from './test/support/corpus.ts';
  const images = readCorpus('test/fixtures/corpus');
  export const reports = [
    accuracyReport('without a catalogue', judgeCorpus(images, false)),
    accuracyReport('with a catalogue of the other images', judgeCorpus(images, true)),
  ];
`;
const bundle = await build({
  stdin: { contents: entry, resolveDir: process.cwd(), loader: 'ts' },
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const { reports } = await import(
  `data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].contents).toString('base64')}`
);
for (const report of reports) process.stdout.write(`${report}\n`);
