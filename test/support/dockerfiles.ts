import { generateDockerfile } from '../../src/advise/dockerfile/generate.ts';
import type { BaseTechniqueId } from '../../src/advise/technique.ts';
import { auditedImage, type ImageSketch, type LayerSketch } from './audited-image.ts';

export const TODAY = '2026-11-24';

/** The Dockerfile generated for an image on that kind of base; empty if there is none for its language. */
export function dockerfile(sketch: ImageSketch, base: BaseTechniqueId = 'slim-base'): string {
  return generateDockerfile(auditedImage(sketch), base, TODAY).dockerfile ?? '';
}

/** Instructions with their continuation lines joined. */
export function instructionsOf(text: string): readonly string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A RUN, a COPY and an ADD as BuildKit writes them. */
export const run = (script: string): LayerSketch => ({ instruction: `RUN /bin/sh -c ${script} # buildkit` });
export const copy = (args: string): LayerSketch => ({ instruction: `COPY ${args} # buildkit` });
export const add = (args: string): LayerSketch => ({ instruction: `ADD ${args} # buildkit` });
