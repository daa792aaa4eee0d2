/** How many cases a fuzz test tries: `usual`, or what FUZZ_RUNS says (the nightly run asks for very many). */
export function fuzzRuns(usual: number): number {
  return Number(process.env.FUZZ_RUNS ?? usual);
}
