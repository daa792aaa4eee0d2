import { measuredBytesRule, wasteIn } from './measured-bytes.ts';

export const debugSymbols = measuredBytesRule({
  id: 'debug-symbols',
  severity: 'info',
  title: 'Debug symbols are in the image',
  remedy:
    'publish without symbol files (.NET: -p:DebugType=none), do not install -dbg packages, and keep symbols outside of the image',
  wasteOf: wasteIn(['debug-symbols']),
});
