import { type Command, runs } from './shell.ts';

/** The programs that install packages of distributions. */
export const PACKAGE_MANAGERS = ['apt', 'apt-get', 'apk', 'yum', 'dnf', 'microdnf', 'tdnf', 'zypper'];
export const INSTALL_WORDS = ['install', 'in', 'add', 'groupinstall', 'group'];
const REMOVE_WORDS = ['purge', 'autoremove', 'remove', 'erase', 'del', 'rm'];

/** Reports whether a command installs packages of a distribution. */
export function installsPackages(command: Command): boolean {
  return runs(command, PACKAGE_MANAGERS, INSTALL_WORDS);
}

/** Reports whether a command removes packages of a distribution. */
export function removesPackages(command: Command): boolean {
  return runs(command, PACKAGE_MANAGERS, REMOVE_WORDS);
}
