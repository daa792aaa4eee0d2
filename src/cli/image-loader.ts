import { PromiseCache } from '../common/promise-cache.ts';
import { type LoadedImage, type LoadImageOptions, loadImage } from '../inspect/load-image.ts';
import type { Platform } from '../oci/platform.ts';
import { DOCKER_HUB, type Reference, type RegistryHost } from '../oci/reference.ts';
import type { Registry } from '../registry/registry.ts';
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
  const registries = new PromiseCache<RegistryHost, Registry>();
  try {
    return await work(async (reference, platform, options) => {
      const registry = await registries.get(reference.registry, () => open(session, reference));
      return loadImage(registry, reference, { ...options, platform, signal: session.io.signal });
    });
  } finally {
    const opened = await Promise.allSettled(registries.values());
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  }
}

/** Opens the registry, with the settings of the source that is configured for it, if any. */
function open(session: Session, { registry, repository }: Reference): Promise<Registry> {
  const host = registry === DOCKER_HUB ? 'docker.io' : registry;
  return openSource(session, parseTarget(`${host}/${repository}`, session.settings));
}
