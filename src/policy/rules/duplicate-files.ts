import { measuredBytesRule } from './measured-bytes.ts';

export const duplicateFiles = measuredBytesRule({
  id: 'duplicate-files',
  severity: 'info',
  title: 'The same files are in the image more than once',
  remedy: 'copy a file once, and create links to it for other paths',
  wasteOf: ({ duplicateBytes }) => ({ bytes: duplicateBytes }),
});
