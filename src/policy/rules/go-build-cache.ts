import { removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

export const goBuildCache = packageCacheRule({
  id: 'go-build-cache',
  areas: ['go-build-cache', 'go-module-cache'],
  title: "Go's build and module caches stay in a layer",
  remedy: 'build in an earlier stage with caches mounted on /root/.cache/go-build and /go/pkg/mod, and copy the binary',
  programs: ['go'],
  fills: (command) => runs(command, ['go'], ['build', 'install', 'test', 'get', 'download', 'generate']),
  avoids: (command) => runs(command, ['go'], ['clean']) || removes(command, '.cache') || removes(command, 'go-build'),
  largestShare: 0.95,
});
