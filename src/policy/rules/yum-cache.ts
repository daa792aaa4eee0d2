import { removes, runs } from '../shell.ts';
import { packageCacheRule } from './package-cache.ts';

const YUM = ['dnf', 'microdnf', 'yum', 'zypper', 'tdnf'];

export const yumCache = packageCacheRule({
  id: 'yum-cache',
  areas: ['yum-cache'],
  title: 'The metadata and packages of dnf, yum or zypper stay in a layer',
  remedy: 'end the same RUN with "dnf clean all" (yum, microdnf and zypper have the same command)',
  programs: YUM,
  fills: (command) =>
    runs(command, YUM, ['install', 'in', 'update', 'upgrade', 'groupinstall', 'makecache', 'refresh']),
  avoids: (command) => runs(command, YUM, ['clean']) || removes(command, '/var/cache'),
  largestShare: 0.9,
});
