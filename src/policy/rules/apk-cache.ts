import { hasOption, removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const APK = ['apk'];

export const apkCache = packageCacheRule({
  id: 'apk-cache',
  areas: ['apk-cache'],
  title: 'The package index of apk stays in a layer',
  remedy: 'use "apk add --no-cache", which does not keep the index, and drop "apk update"',
  programs: APK,
  // "apk add --no-cache" does not remove an index that "apk update" left before it.
  fills: (command) => runs(command, APK, ['update', 'add', 'upgrade']) && !hasOption(command, '--no-cache'),
  avoids: (command) => runs(command, APK, ['clean']) || removes(command, '/var/cache/apk'),
  largestShare: 0.9,
  // The two indexes of an Alpine release (main, community) are about 1 MB each; archives stay only in a cache folder.
  largestBytes: 5_000_000,
});
