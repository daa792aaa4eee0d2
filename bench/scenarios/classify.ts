import { classifyImage } from '../../src/classify/classify-image.ts';
import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { type ImageConfig, parseImageConfig } from '../../src/oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../../src/oci/manifest.ts';
import { rounds, type Scenario } from '../harness/context.ts';
import { atLeast, atMost, figuresOf } from '../harness/result.ts';
import { renderRepository } from '../registry/content.ts';

const REPOSITORIES = 200;
const SHAPE = { tags: REPOSITORIES * 50, tagsPerRepository: 50, night: 0 };

const WARM_UP_ROUNDS = 4;

/**
 * Measures CPU time, which depends little on what else the machine is doing. Each round runs over the same distinct
 * images: `JSON.parse` of manifest and config, as the baseline; slimboard's parsing of both; the classification of
 * parsed images, from history, environment and labels alone; and the classification of images with build steps that
 * were never seen before, as in a first audit.
 */
export const classify: Scenario = {
  title: 'Classifying: the verdict of distinct images on one core, against JSON.parse of their manifests and configs',
  async run({ rounds: count, log }) {
    log('classify');
    const images = syntheticImages();
    const json = () => {
      for (const { texts } of images) for (const text of texts) JSON.parse(text);
    };
    const parse = () => {
      for (const { texts } of images) void [parseManifest(texts[0]), parseImageConfig(texts[1])];
    };
    const assess = (inputs: readonly ClassifierInput[]) => {
      for (const input of inputs) classifyImage(input);
    };
    const inputs = images.map(({ input }) => input);
    // Node.js needs some rounds to compile all of the functions.
    for (let round = 0; round < WARM_UP_ROUNDS; round++) assess(inputs);
    const samples = await rounds(count, async (round) => {
      const unseen = inputs.map((input, number) => withOwnSteps(input, `${round}-${number}`));
      return {
        json: cpuSeconds(json),
        parse: cpuSeconds(parse),
        assess: cpuSeconds(() => assess(inputs)),
        unseen: cpuSeconds(() => assess(unseen)),
      };
    });
    const thousands = (seconds: number) => images.length / seconds / 1_000;
    return figuresOf(samples, [
      ['thousand verdicts a second', '', ({ assess }) => thousands(assess), atLeast(20, 30)],
      [
        'thousand verdicts a second, parsing manifest and config included',
        '',
        ({ assess, parse }) => thousands(assess + parse),
      ],
      ['thousand verdicts a second, own steps never seen before', '', ({ unseen }) => thousands(unseen)],
      ['a verdict, of JSON.parse', 'x', ({ assess, json }) => assess / json, atMost(5, 3)],
      ['parsing manifest and config, of JSON.parse', 'x', ({ parse, json }) => parse / json],
    ]);
  },
};

interface SyntheticImage {
  readonly texts: readonly [manifest: string, config: string];
  readonly input: ClassifierInput;
}

function syntheticImages(): readonly SyntheticImage[] {
  return Array.from({ length: REPOSITORIES }, (_, number) => renderRepository(number, SHAPE)).flatMap(
    ({ manifests, blobs }) =>
      [...manifests.values()].flatMap(({ body, mediaType }) => {
        const manifest = parseManifest(body, mediaType);
        const config = manifest.form === 'manifest' ? blobs.get(manifest.config.digest)?.body.toString() : undefined;
        if (manifest.form !== 'manifest' || !config) return [];
        return [{ texts: [body.toString(), config], input: inputOf(manifest, parseImageConfig(config)) }];
      }),
  );
}

function inputOf(manifest: ImageManifest, config: ImageConfig): ClassifierInput {
  return { manifest, config, provenance: [], bases: [] };
}

/** Makes the image's own steps unique: adds a word to every RUN and COPY in the second half of its history. */
function withOwnSteps(input: ClassifierInput, word: string): ClassifierInput {
  const { history } = input.config;
  const own = history.map((entry, at) =>
    at < history.length / 2 ? entry : { ...entry, createdBy: entry.createdBy.replace(/^(RUN|COPY) /, `$& ${word}`) },
  );
  return { ...input, config: { ...input.config, history: own } };
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
