import { accuracyReport, judgeCorpus } from '../support/accuracy.ts';
import { readCorpus } from '../support/corpus.ts';

// Prints how often the classifier is right about the labelled images in test/fixtures/corpus, by field and by signal,
// with and without a catalogue of known base images, and lists every answer that is wrong or missing.
const images = readCorpus('test/fixtures/corpus');
for (const report of [
  accuracyReport('without a catalogue', judgeCorpus(images, false)),
  accuracyReport('with a catalogue of the other images', judgeCorpus(images, true)),
])
  process.stdout.write(`${report}\n`);
