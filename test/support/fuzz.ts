/** How many cases a fuzz test tries: `usual`, or what FUZZ_RUNS says (the nightly run asks for very many). */
export function fuzzRuns(usual: number): number {
  return Number(process.env.FUZZ_RUNS ?? usual);
}

/** Time for so many cases, on a machine that has much else to do. */
export const FUZZ_TIMEOUT_MS = Math.max(30_000, fuzzRuns(0) * 30);
