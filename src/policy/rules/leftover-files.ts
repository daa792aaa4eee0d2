import { measuredBytesRule, wasteIn } from './measured-bytes.ts';

const AREAS =
  'version-control logs temporary source-maps dependency-tests cargo-cache composer-cache gem-cache nuget-cache'.split(
    ' ',
  );

export const leftoverFiles = measuredBytesRule({
  id: 'leftover-files',
  severity: 'info',
  title: 'Files that only the build or the repository needs are in the image',
  remedy: 'list .git, tests and logs in .dockerignore, and copy only what the program needs from an earlier stage',
  wasteOf: wasteIn(AREAS),
});
