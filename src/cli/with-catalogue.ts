import { type Knowledge, knowledgeOf } from '../advise/alternatives.ts';
import { openStore } from '../app/open-store.ts';
import { catalogueAlternatives } from '../catalogue/alternatives.ts';
import type { LoadImageOptions } from '../inspect/load-image.ts';
import { findKnownBases } from '../store/catalogue-store.ts';
import type { Session } from './prepare.ts';

/** What is known of base images besides what slimboard brings along. */
export interface CatalogueView extends Pick<LoadImageOptions, 'findBases'> {
  readonly knowledge: Knowledge;
}

/** Gives `work` the catalogue where it was asked for; else no database is opened. */
export async function withCatalogue<T>(
  { settings }: Session,
  wanted: boolean,
  work: (view: CatalogueView) => Promise<T>,
): Promise<T> {
  if (!wanted) return work({ knowledge: knowledgeOf([]) });
  const db = await openStore(settings, 'read');
  try {
    return await work({
      knowledge: knowledgeOf(await catalogueAlternatives(db)),
      findBases: ({ architecture, diffIds }) => findKnownBases(db, architecture, diffIds),
    });
  } finally {
    await db.close();
  }
}
