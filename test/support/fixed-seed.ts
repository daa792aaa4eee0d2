import fc from 'fast-check';

// Property tests run the same cases on every change. FUZZ_SEED selects others; the nightly run uses random ones.
const { FUZZ_SEED } = process.env;
if (FUZZ_SEED !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(FUZZ_SEED ?? 1) });
