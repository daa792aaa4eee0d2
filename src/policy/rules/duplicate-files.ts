import { measuredBytesRule } from './measured-bytes.ts';

export const duplicateFiles = measuredBytesRule({
  id: 'duplicate-files',
  severity: 'info',
  title: 'The same files stand in the image more than once',
  remedy: 'copy a file once, and link to it where another path needs it',
  wasteOf: ({ duplicateBytes = 0 }) => ({ bytes: duplicateBytes }),
});
