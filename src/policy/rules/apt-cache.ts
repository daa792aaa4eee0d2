import { removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const APT = ['apt', 'apt-get'];

export const aptCache = packageCacheRule({
  id: 'apt-cache',
  areas: ['apt-lists', 'apt-archives'],
  title: 'The package lists of apt stay in a layer',
  remedy: 'end the same RUN with "rm -rf /var/lib/apt/lists/*", or mount a cache on /var/lib/apt and /var/cache/apt',
  programs: APT,
  fills: (command) => runs(command, APT, ['update']),
  avoids: (command) => removes(command, '/var/lib/apt') || runs(command, APT, ['dist-clean', 'distclean']),
  largestShare: 0.95,
  // Debian 12's lists (main, updates, security; lz4) were measured at 15.3 MB as a gzipped tar. Ubuntu's are larger.
  largestBytes: 40_000_000,
});
