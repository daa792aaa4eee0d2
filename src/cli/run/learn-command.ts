import { withStore } from '../../app/open-store.ts';
import { type Learned, learnBases } from '../../catalogue/learn.ts';
import { counted } from '../../common/plural.ts';
import type { Database } from '../../database/database.ts';
import { NotFoundError, SettingsError, SlimboardError, StoreAccessError } from '../../errors.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { parseTarget } from '../../settings/target.ts';
import { compact } from '../../store/maintenance.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { openSource } from '../open-source.ts';
import type { Session } from '../prepare.ts';
import { labelled, MAX_FAILURES_SHOWN } from '../text.ts';

/** Learns base images from one registry after another. Reports what cannot be read, and goes on with the others. */
export async function learnCommand(
  session: Session,
  refs: readonly string[],
  newest: string | undefined,
): Promise<ExitCode> {
  const wanted = refs.length > 0 ? refs : session.settings.catalogue.learn;
  if (wanted.length === 0)
    throw new SettingsError(
      'there is nothing to learn: name a reference, or write catalogue.learn into slimboard.yaml',
    );
  const sources = wanted.map((ref) => [ref, baseSource(session, ref, newest)] as const);
  return withStore(session.settings, 'write', async (db) => {
    let failed = 0;
    for (const [ref, source] of sources) failed += await learnSource(session, db, source, ref);
    await compact(db);
    return failed > 0 ? EXIT.incomplete : EXIT.done;
  });
}

/**
 * Returns what a reference selects: all tags, unless it names some. The limits that a configured source sets for audits
 * apply only if the reference is the source's name.
 */
function baseSource({ settings }: Session, ref: string, newest: string | undefined): SourceSettings {
  const source = parseTarget(ref, settings);
  const byName = settings.sources.some(({ name }) => name === ref);
  const namesTags = /\/.*:/.test(ref);
  return {
    ...source,
    ...(byName || namesTags ? {} : { tags: ['**'] }),
    newest: newest === undefined && !byName ? 'all' : source.newest,
    provenance: false,
  };
}

async function learnSource(session: Session, db: Database, source: SourceSettings, ref: string): Promise<number> {
  const { io, notices } = session;
  const failures = createFailures(session);
  const registry = await openSource(session, source);
  try {
    const learned = await learnBases(db, registry, source, {
      signal: io.signal,
      now: io.now().toISOString(),
      onFailure: failures.report,
    });
    if (learned.tags === 0 && learned.failed === 0) throw new NotFoundError('no tags found: check the spelling');
    if (learned.withImage === 0 && learned.failed === 0) throw new NotFoundError(noImages(source));
    notices.info(`${ref}: ${describe(learned)}`);
  } catch (error) {
    if (!(error instanceof SlimboardError) || error instanceof StoreAccessError) throw error;
    failures.report(ref, error);
  } finally {
    await registry.close();
  }
  return failures.count();
}

function noImages({ platforms }: SourceSettings): string {
  const wanted = platforms === 'all' ? 'an image' : `an image for ${platforms.map(formatPlatform).join(' or ')}`;
  return `no tag names ${wanted}: check the reference${platforms === 'all' ? '' : ', or choose another --platform'}`;
}

function createFailures({ notices }: Session) {
  let count = 0;
  return {
    count: () => count,
    report: (item: string, error: SlimboardError): void => {
      count++;
      if (count <= MAX_FAILURES_SHOWN) notices.problem(labelled(item, error.message));
      else if (count === MAX_FAILURES_SHOWN + 1) notices.problem('… and more');
    },
  };
}

function describe({ repositories, tags, unchanged, images, failed }: Learned): string {
  const found = `${counted(repositories, 'repository')} · ${counted(tags, 'tag')}, ${unchanged} unchanged, ${failed} failed`;
  return `${found} · ${counted(images, 'image')} learned`;
}
