import { measuredBytesRule, wasteIn } from './measured-bytes.ts';

export const docsAndLocales = measuredBytesRule({
  id: 'docs-and-locales',
  severity: 'info',
  title: 'Documentation and translations are in the image',
  remedy:
    'use a slim base, which is configured to leave them out, or exclude /usr/share/doc, man and locale in dpkg.cfg.d',
  wasteOf: wasteIn(['documentation', 'locales']),
});
