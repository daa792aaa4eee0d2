import type { DedupScope } from '../../registry/registry.ts';
import { findUnchangedSince } from '../../store/totals/unchanged-since.ts';
import type { AuditContext } from '../context.ts';
import type { AuditPlan, PlannedSource } from '../plan.ts';

/**
 * Reads the scope in which a source's registry stores each blob once, from registries that tell it (Amazon ECR).
 * @returns scopes by source id. A source is absent if its scope cannot be read now. So is a source without `--full` in
 * which nothing was added, moved or removed since its last totals: nothing else changes what is stored, and a night
 * without changes needs only the listings
 */
export async function readDedupScopes(
  context: AuditContext,
  { auditId, sources }: AuditPlan,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, DedupScope>> {
  const scopes = new Map<number, DedupScope>();
  for (const { id, settings } of sources.filter(isEcr)) {
    if (!settings.full && (await findUnchangedSince(context.db, [id], auditId))) continue;
    const scope = await (await context.registryOf(settings)).dedupScope?.({ signal });
    if (scope) scopes.set(id, scope);
  }
  return scopes;
}

function isEcr({ settings }: PlannedSource): boolean {
  return settings.kind === 'ecr';
}
