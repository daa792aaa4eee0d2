import fc from 'fast-check';

// A change is judged by the same cases as the one before it. FUZZ_SEED chooses others; the nightly run takes new ones.
const { FUZZ_SEED } = process.env;
if (FUZZ_SEED !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(FUZZ_SEED ?? 1) });
