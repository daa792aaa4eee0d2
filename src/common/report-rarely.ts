/** A failure to log; `alike`: how many of the same kind there were since the last one that was told. */
export interface ReportedFailure {
  readonly error: unknown;
  readonly alike?: number;
}

const EVERY_MS = 60_000;
const MAX_KINDS = 100;

/**
 * Tells the first failure of a kind at once, and the next ones of its kind once a minute: each of dozens of connections
 * reports an outage, again and again for as long as it lasts.
 * @param nowMs of a clock that nobody sets
 */
export function reportRarely(
  tell: (failure: ReportedFailure) => void,
  nowMs: () => number = () => performance.now(),
): (error: unknown) => void {
  const kinds = new Map<string, { readonly toldAtMs: number; alike: number }>();
  return (error) => {
    const kind = kindOf(error);
    const known = kinds.get(kind);
    if (known && nowMs() - known.toldAtMs < EVERY_MS) {
      known.alike += 1;
      return;
    }
    if (kinds.size >= MAX_KINDS) kinds.clear();
    kinds.set(kind, { toldAtMs: nowMs(), alike: 0 });
    tell({ error, ...(known?.alike ? { alike: known.alike } : {}) });
  };
}

/** Codes are of a kind; messages name jobs and addresses. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
