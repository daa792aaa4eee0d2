import { areaBytes } from '../evidence.ts';
import { measuredBytesRule } from './measured-bytes.ts';

export const docsAndLocales = measuredBytesRule({
  id: 'docs-and-locales',
  severity: 'info',
  title: 'Documentation and translations are in the image',
  remedy: 'use a slim base, which is set to leave them out, or exclude /usr/share/doc, man and locale in dpkg.cfg.d',
  bytesOf: (contents) => areaBytes(contents, ['documentation', 'locales']),
});
