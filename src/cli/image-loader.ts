import { PromiseCache } from '../common/promise-cache.ts';
import { type LoadedImage, type LoadImageOptions, loadImage } from '../inspect/load-image.ts';
import type { Platform } from '../oci/platform.ts';
import { DOCKER_HUB, type Reference } from '../oci/reference.ts';
import { createInProcessGovernor } from '../registry/governor/in-process-governor.ts';
import type { Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { parseTarget } from '../settings/target.ts';
import { openSource } from './open-source.ts';
import type { Session } from './prepare.ts';

/** Loads an image from the registry that its reference names. */
export type ImageLoader = (
  reference: Reference,
  platform: Platform,
  options?: Pick<LoadImageOptions, 'deep' | 'findBases'>,
) => Promise<LoadedImage>;

/** Calls `work` with a loader of images, and closes the registries that the loader opened. */
export async function withImageLoader<T>(session: Session, work: (load: ImageLoader) => Promise<T>): Promise<T> {
  const registries = new PromiseCache<string, Registry>();
  const governor = createInProcessGovernor();
  try {
    return await work(async (reference, platform, options) => {
      const source = sourceOf(session, reference);
      const registry = await registries.get(keyOf(source, reference), () => openSource(session, source, { governor }));
      return loadImage(registry, reference, { ...options, platform, signal: session.io.signal });
    });
  } finally {
    const opened = await Promise.allSettled(registries.values());
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  }
}

/** The registry, with the settings of the source that is configured for it, if any. */
function sourceOf({ settings }: Session, { registry, repository }: Reference): SourceSettings {
  const host = registry === DOCKER_HUB ? 'docker.io' : registry;
  return parseTarget(`${host}/${repository}`, settings);
}

/** Other repositories of a registry may have another source, or other credentials; those of AWS are for all. */
function keyOf({ kind }: SourceSettings, { registry, repository }: Reference): string {
  return kind === 'ecr' ? registry : `${registry}/${repository}`;
}
