/** The clock whose times audits store. */
export interface AuditClock {
  /** The time, ISO 8601 in UTC. Never goes back, even if the system's clock does. */
  now(): string;
  /**
   * From now on `now` returns this moment or a later one, so that an audit's times lie after those of earlier audits.
   */
  notBefore(moment: string): void;
}

/** Creates a clock that never goes back. @param read the system's clock */
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
