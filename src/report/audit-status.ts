import { plural } from '../common/plural.ts';
import type { AuditProgress } from '../store/progress-store.ts';

/** A running audit has a heartbeat every few seconds; without one for this long, it was stopped or killed. */
const SILENT_MS = 60_000;

/** Says how an audit ended, or what a running one does, and of one that was stopped or killed, how it goes on. */
export function auditStatus({ status, stage, runner, openTasks, lastSignAt }: AuditProgress, now: Date): string {
  if (status !== 'running') return status;
  const state = `stage ${stage}, ${openTasks} ${plural(openTasks, 'task')} to do`;
  if (runner !== 'none' && now.getTime() - Date.parse(lastSignAt) < SILENT_MS) return `running, ${state}`;
  return `stopped, ${state}; last seen alive ${lastSignAt}; the next audit of its sources goes on from there`;
}
