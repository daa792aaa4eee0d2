import { describe, expect, test } from 'vitest';
import { STALE_DAYS, SUPERSEDED_BUILDS, SUPERSEDED_DAYS } from '../../../src/report/reclaim/reasons.ts';
import { FIXED_DATES_BEFORE } from '../../../src/store/stale-images.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';

describe.each(BACKENDS)('the view of removable manifests, in $name', ({ open }) => {
  const db = useDatabase(open);

  test('calls stale and superseded what reports say it does, and believes the dates that they believe', async () => {
    const [view] = await db.query<{ sql: string }>("select pg_get_viewdef('slimboard_reclaimable'::regclass) as sql");
    expect(view?.sql.match(/created_at >= '[^']*'/g)).toHaveLength(2);
    for (const [, date = ''] of view?.sql.matchAll(/created_at >= '([^']*)'/g) ?? [])
      expect(new Date(date)).toEqual(new Date(FIXED_DATES_BEFORE));
    expect(view?.sql).toMatch(new RegExp(`pulled_at < .*'${STALE_DAYS} days'.*'stale'`));
    expect(view?.sql).toMatch(
      new RegExp(`age_rank > ${SUPERSEDED_BUILDS}\\b.*dated_at < .*'${SUPERSEDED_DAYS} days'.*'superseded'`),
    );
  });
});
