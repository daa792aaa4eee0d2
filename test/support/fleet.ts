import { ARM, image, index } from './image-builder.ts';
import type { RegistryServer } from './registry-server.ts';

/** How much to push. */
export interface FleetSize {
  readonly repositories: number;
  /** In each repository. */
  readonly tags: number;
}

/** Fills a registry like a real one: shared bases, several tags per digest, some images for two platforms. */
export function pushFleet(registry: RegistryServer, { repositories, tags }: FleetSize): void {
  for (let repository = 0; repository < repositories; repository++) {
    for (let tag = 0; tag < tags; tag++) {
      const build = Math.floor((tag * 2) / 5);
      const team = ['payments', 'search', 'web'][repository % 3];
      const layers = [`base ${repository % 4}`, `runtime ${repository % 2}`, `app ${repository} build ${build}`];
      const input = { layers, config: { User: tag % 2 ? 'app' : '', Env: [`BUILD=${build}`] } };
      const amd64 = image(input);
      const content = build % 4 === 0 ? index([amd64, image({ ...input, platform: ARM })]) : amd64;
      registry.push(`${team}/app-${repository}`, `v${tag}`, content);
    }
  }
}
