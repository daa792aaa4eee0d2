import fc from 'fast-check';
// For each process that runs tests.
import './ended-with-run.ts';

// Property tests run the same cases on every change. FUZZ_SEED selects others; the nightly run uses random ones. A stated
// maximum is reached: by default, an array or text of any maximum has ten items at most.
const { FUZZ_SEED } = process.env;
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  defaultSizeToMaxWhenMaxSpecified: true,
  ...(FUZZ_SEED === 'random' ? {} : { seed: Number(FUZZ_SEED ?? 1) }),
});
