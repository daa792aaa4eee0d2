import { measuredBytesRule, wasteIn } from './measured-bytes.ts';

export const debugSymbols = measuredBytesRule({
  id: 'debug-symbols',
  severity: 'info',
  title: 'Programs carry debug symbols',
  remedy: 'publish without symbol files (.NET: -p:DebugType=none), leave -dbg packages out, and keep symbols elsewhere',
  wasteOf: wasteIn(['debug-symbols']),
});
