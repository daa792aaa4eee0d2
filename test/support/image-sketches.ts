import fc from 'fast-check';
import type { ImageSketch, LayerSketch } from './audited-image.ts';

const instructions = fc.constantFrom(
  'COPY . .',
  'RUN /bin/sh -c npm install',
  'RUN /bin/sh -c npm ci --omit=dev',
  'RUN /bin/sh -c apt-get update && apt-get install -y gcc',
  'RUN /bin/sh -c go build -o /app .',
  'RUN /bin/sh -c pip install -r requirements.txt',
  'RUN /bin/sh -c chown -R 1000 /app',
  'COPY big /tmp/big',
  'RUN /bin/sh -c rm -rf /tmp/big',
  '',
);
const classes = fc.constantFrom('os-packages', 'dependencies', 'build-tools', 'application', 'configuration', 'none');
const layers: fc.Arbitrary<LayerSketch> = fc.record({
  instruction: instructions,
  class: classes,
  bytes: fc.integer({ min: 0, max: 500_000_000 }),
});
/** Arbitrary images of every kind that advice distinguishes, with and without a known base. */
export const imageSketches: fc.Arbitrary<ImageSketch> = fc.record(
  {
    base: fc.array(layers, { maxLength: 4 }),
    own: fc.array(layers, { maxLength: 6 }),
    runtime: fc.constantFrom('node', 'python', 'go', 'java', 'rust', 'none'),
    runtimeVersion: fc.constantFrom('22.1.0', '3.12.1', '1.26.0', '21', '18'),
    variant: fc.constantFrom('full', 'slim', 'alpine', 'scratch', 'jdk'),
    multiStage: fc.constantFrom('yes', 'no', 'unknown'),
    baseNames: fc.constantFrom(['library/node:22'], ['library/golang:1.26'], null),
  },
  { requiredKeys: ['base', 'own'] },
);
