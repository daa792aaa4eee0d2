/** The clock whose times audits store. */
export type AuditClock = ReturnType<typeof createAuditClock>;

/** Creates a clock that never goes back. @param read the system's clock */
export function createAuditClock(read: () => Date) {
  let newestMs = 0;
  return {
    /** The time, ISO 8601 in UTC. Never goes back, even if the system's clock does. */
    now(): string {
      newestMs = Math.max(newestMs, read().getTime());
      return new Date(newestMs).toISOString();
    },
    /** From now on `now` returns this moment or a later one: an audit's times lie after those of earlier audits. */
    notBefore(moment: string): void {
      newestMs = Math.max(newestMs, Date.parse(moment));
    },
  };
}
