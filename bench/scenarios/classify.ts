import { classifyImage } from '../../src/classify/classify-image.ts';
import type { ClassifierInput } from '../../src/classify/verdict.ts';
import { type ImageConfig, parseImageConfig } from '../../src/oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../../src/oci/manifest.ts';
import { rounds, type Scenario } from '../harness/context.ts';
import { renderRepository } from '../registry/content.ts';

const REPOSITORIES = 200;
const SHAPE = { tags: REPOSITORIES * 50, tagsPerRepository: 50, night: 0 };

/** By CPU time: it is what a core does, whatever else the machine is busy with. */
export const classify: Scenario = {
  title: 'Classifying: history, environment and labels of distinct images, against parsing their configs',
  async run({ rounds: count, log }) {
    log('classify');
    const images = syntheticImages();
    const parse = () => images.forEach(({ text }) => void parseImageConfig(text));
    const judge = () => images.forEach(({ input }) => void classifyImage(input));
    // Once for the compiler.
    judge();
    const samples = await rounds(count, async () => ({ parse: cpuSeconds(parse), judge: cpuSeconds(judge) }));
    return [
      {
        name: 'images a second, thousands, on one core',
        unit: '',
        samples: samples.map((sample) => images.length / sample.judge / 1_000),
        goal: { better: 'more', must: 20, aim: 40 },
      },
      {
        name: 'CPU time, of parsing the config',
        unit: 'x',
        samples: samples.map((sample) => sample.judge / sample.parse),
      },
    ];
  },
};

interface SyntheticImage {
  readonly text: string;
  readonly input: ClassifierInput;
}

function syntheticImages(): readonly SyntheticImage[] {
  return Array.from({ length: REPOSITORIES }, (_, number) => renderRepository(number, SHAPE)).flatMap(
    ({ manifests, blobs }) =>
      [...manifests.values()].flatMap(({ body, mediaType }) => {
        const manifest = parseManifest(body, mediaType);
        const config = manifest.form === 'manifest' ? blobs.get(manifest.config.digest) : undefined;
        if (manifest.form !== 'manifest' || !config) return [];
        return [{ text: config.body.toString(), input: inputOf(manifest, parseImageConfig(config.body)) }];
      }),
  );
}

function inputOf(manifest: ImageManifest, config: ImageConfig): ClassifierInput {
  return {
    manifest,
    config,
    platform: { os: config.os, architecture: config.architecture },
    provenance: [],
    bases: [],
  };
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
