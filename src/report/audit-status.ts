import { counted } from '../common/plural.ts';
import type { AuditProgress } from '../store/progress-store.ts';

/** Says how an audit ended, or what a running one does, and of one that was stopped or killed, how it goes on. */
export function auditStatus({ status, stage, openTasks, lastSignAt, abandoned }: AuditProgress): string {
  if (status !== 'running') return status;
  const state = `stage ${stage}, ${counted(openTasks, 'task')} to do`;
  if (!abandoned) return `running, ${state}`;
  return `stopped, ${state}; last seen alive ${lastSignAt}; the next audit of its sources goes on from there`;
}
