/**
 * The sources whose registry put a batch off in an audit, as this process saw it. A batch that is put off starts over:
 * while a quota is smaller than what all batches in hand ask for, large ones would never end.
 */
export class LimitedSources {
  /** The newest audit of each source in which that happened. */
  readonly #audits = new Map<number, number>();

  add(sourceId: number, auditId: number): void {
    this.#audits.set(sourceId, auditId);
  }

  has(sourceId: number, auditId: number): boolean {
    return this.#audits.get(sourceId) === auditId;
  }
}
