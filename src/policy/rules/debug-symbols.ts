import { areaBytes } from '../evidence.ts';
import { measuredBytesRule } from './measured-bytes.ts';

export const debugSymbols = measuredBytesRule({
  id: 'debug-symbols',
  severity: 'info',
  title: 'Programs carry debug symbols',
  remedy: 'build with -ldflags="-s -w" (Go), strip = true (Rust) or run strip, and keep the symbols elsewhere',
  bytesOf: (contents) => areaBytes(contents, ['debug-symbols']),
});
