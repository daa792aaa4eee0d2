import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Compose {
  readonly services: Readonly<Record<string, { readonly image: string; readonly volumes?: readonly string[] }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const dockerfile = readFileSync('Dockerfile', 'utf8');

test('the image has each folder that a volume of its services covers: else root would own it, and nobody could write', () => {
  const ours = Object.values(compose.services).filter(({ image }) => image === 'slimboard');
  const mounts = ours.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')));
  const folders = mounts.flatMap(([name = '', folder = '']) => (name in compose.volumes ? [folder] : []));
  expect(ours).toHaveLength(3);
  expect([...new Set(folders)]).toEqual(['/data/reports']);
  for (const folder of folders) expect(dockerfile).toContain(`mkdir -p ${folder}\n`);
  expect(dockerfile).toContain('COPY --from=build --chown=65532:65532 /data /data\n');
});
