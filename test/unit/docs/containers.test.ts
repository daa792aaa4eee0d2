import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Bind {
  readonly type: 'bind';
  readonly source: string;
  readonly target: string;
  readonly bind: { readonly create_host_path: boolean };
}
interface Service {
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly volumes?: readonly (string | Bind)[];
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const dockerfile = readFileSync('Dockerfile', 'utf8');
const services = Object.values(compose.services);
const ours = services.filter(({ image }) => image === 'slimboard');

test('the image has a folder for each volume of its services: otherwise root would own the volume', () => {
  const mounts = ours.flatMap(({ volumes = [] }) => volumes.filter((volume) => typeof volume === 'string'));
  const folders = mounts.map((volume) => volume.split(':')[1] ?? '');
  expect(ours).toHaveLength(3);
  expect([...new Set(folders)]).toEqual(['/data/reports']);
  for (const folder of folders) expect(dockerfile).toContain(`mkdir -p ${folder}\n`);
  expect(dockerfile).toContain('COPY --from=build --chown=65532:65532 /data /data\n');
});

test('Docker does not create missing host folders, which would be empty and owned by root', () => {
  const volumes = services.flatMap((service) => service.volumes ?? []);
  const named = volumes.filter((volume) => typeof volume === 'string').map((volume) => volume.split(':')[0] ?? '');
  expect(named.filter((name) => !(name in compose.volumes))).toEqual([]);
  const binds = volumes.filter((volume) => typeof volume !== 'string');
  expect(binds).toHaveLength(ours.length);
  for (const { bind } of binds) expect(bind.create_host_path).toBe(false);
});

test('settings are read from the mounted folder', () => {
  const [command] = dockerfile.match(/(?<=ENTRYPOINT ).*/) ?? [];
  for (const { entrypoint = [], volumes = [] } of ours) {
    const [folder] = volumes.flatMap((volume) => (typeof volume === 'string' ? [] : [volume.target]));
    expect(entrypoint).toEqual([...JSON.parse(command ?? '[]'), '--config', `${folder}/slimboard.yaml`]);
  }
});
