import type { DedupScope } from '../registry/registry.ts';
import { findUnchangedSince } from '../store/totals-store.ts';
import type { AuditContext } from './context.ts';
import type { AuditPlan, PlannedSource } from './plan.ts';

/**
 * Within what the registries that tell it keep each blob once, by source id; a source is absent where that cannot be read
 * now. Asked when something came, moved or went since the source's last totals, or with `--full`: nothing else changes
 * what is stored, and a night without change costs lists alone.
 */
export async function readDedupScopes(
  context: AuditContext,
  { auditId, sources }: AuditPlan,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, DedupScope>> {
  const scopes = new Map<number, DedupScope>();
  for (const { id, settings } of sources.filter(tellsDedup)) {
    if (!settings.full && (await findUnchangedSince(context.db, [id], auditId))) continue;
    const scope = await (await context.registryOf(settings)).dedupScope?.({ signal });
    if (scope) scopes.set(id, scope);
  }
  return scopes;
}

function tellsDedup({ settings }: PlannedSource): boolean {
  return settings.kind === 'ecr';
}
