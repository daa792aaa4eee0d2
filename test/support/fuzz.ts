/** How many cases a fuzz test tries: `usual`, unless FUZZ_RUNS is set (the nightly run sets a very large number). */
export function fuzzRuns(usual: number): number {
  return Number(process.env.FUZZ_RUNS ?? usual);
}

/** The timeout for that many cases, on a busy machine: 30 ms each, at least as long as any test may take. */
export const FUZZ_TIMEOUT_MS = Math.max(60_000, fuzzRuns(0) * 30);
