/** A failure to log. `alike` is the number of failures of the same kind that were suppressed since the last report. */
export interface ReportedFailure {
  readonly error: unknown;
  readonly alike?: number;
}

const EVERY_MS = 60_000;
const MAX_KINDS = 100;

/**
 * Returns an error handler that reports the first failure of a kind at once and later ones at most once a minute.
 * During an outage, each of dozens of connections fails again and again.
 * @param report called with the failures to log
 * @param nowMs a monotonic clock in ms
 */
export function reportRarely(
  report: (failure: ReportedFailure) => void,
  nowMs: () => number = () => performance.now(),
): (error: unknown) => void {
  const kinds = new Map<string, { readonly reportedAtMs: number; alike: number }>();
  return (error) => {
    const kind = kindOf(error);
    const known = kinds.get(kind);
    if (known && nowMs() - known.reportedAtMs < EVERY_MS) {
      known.alike += 1;
      return;
    }
    if (kinds.size >= MAX_KINDS) kinds.clear();
    kinds.set(kind, { reportedAtMs: nowMs(), alike: 0 });
    report({ error, ...(known?.alike ? { alike: known.alike } : {}) });
  };
}

/** The error's code, or its message without words that vary, such as names of jobs: those that contain a digit. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message.replace(/\S*\d\S*/g, '');
}
