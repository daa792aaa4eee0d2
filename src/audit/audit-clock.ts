/** The time that audits write down. */
export interface AuditClock {
  /** ISO 8601 in UTC. Never goes back, whatever the system's clock does. */
  now(): string;
  /** Tells no earlier moment from now on: an audit's times lie after those of the audits before it. */
  notBefore(moment: string): void;
}

/** @param read the system's clock */
export function createAuditClock(read: () => Date): AuditClock {
  let newestMs = 0;
  return {
    now() {
      newestMs = Math.max(newestMs, read().getTime());
      return new Date(newestMs).toISOString();
    },
    notBefore(moment) {
      newestMs = Math.max(newestMs, Date.parse(moment));
    },
  };
}
