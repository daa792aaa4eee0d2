import { type Knowledge, knowledgeOf } from '../advise/alternatives.ts';
import { withStore } from '../app/open-store.ts';
import { catalogueAlternatives } from '../catalogue/alternatives.ts';
import { parseFlag } from '../common/flags.ts';
import { type AssessedImage, assessLoaded } from '../inspect/assess-loaded.ts';
import type { LoadImageOptions } from '../inspect/load-image.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { Reference } from '../oci/reference.ts';
import type { Goal } from '../policy/goal.ts';
import { findBases } from '../store/known-bases.ts';
import { withImageLoader } from './image-loader.ts';
import { todayOf } from './io.ts';
import type { ImageOptions } from './options.ts';
import type { Session } from './prepare.ts';

interface LoadAndAssessOptions extends Pick<ImageOptions, 'platform' | 'catalogue'> {
  /** Whether to read the contents of the layers, too. */
  readonly deep?: boolean;
  /** Replaces the policy's goal. */
  readonly goal?: Goal | undefined;
}

/**
 * Calls `work` with a function that loads and assesses images, and closes the registries and the database that it reads.
 * @throws SettingsError when the platform is none
 */
export async function withAssessor<T>(
  session: Session,
  { platform, catalogue = false, deep = false, goal }: LoadAndAssessOptions,
  work: (assess: (reference: Reference) => Promise<AssessedImage>) => Promise<T>,
): Promise<T> {
  const wanted = parseFlag('--platform', () => parsePlatform(platform));
  const { policy, teams } = session.settings;
  const today = todayOf(session.io);
  return withCatalogue(session, catalogue, ({ knowledge, ...bases }) =>
    withImageLoader(session, (load) =>
      work(async (reference) => {
        const loaded = await load(reference, wanted, { deep, ...bases });
        return assessLoaded(loaded, { policy, teams, knowledge, today, goal });
      }),
    ),
  );
}

/** What is known of base images beyond the lists that slimboard ships with. */
interface CatalogueView extends Pick<LoadImageOptions, 'findBases'> {
  readonly knowledge: Knowledge;
}

async function withCatalogue<T>(
  { settings }: Session,
  wanted: boolean,
  work: (view: CatalogueView) => Promise<T>,
): Promise<T> {
  if (!wanted) return work({ knowledge: knowledgeOf([]) });
  return withStore(settings, 'read', async (db) => {
    return work({
      knowledge: knowledgeOf(await catalogueAlternatives(db)),
      findBases: (image) => findBases(db, image),
    });
  });
}
