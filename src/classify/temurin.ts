import { remember } from '../common/remember.ts';
import { type BuildStep, commandsOf, lastCommand } from './history/build-steps.ts';

/**
 * Whether the Temurin image that these steps built has a JDK or a JRE: by the archive that it unpacks, else by what it
 * starts. Java 8 has no `jshell` to start, so without an archive the kind is undefined.
 */
export function temurinKind(steps: readonly BuildStep[], version: string | undefined): 'jdk' | 'jre' | undefined {
  const unpacked = commandsOf(steps)
    .flatMap((command) => archiveIn(command) ?? [])
    .at(-1);
  if (unpacked !== undefined) return unpacked;
  if (/jshell/.test(lastCommand(steps))) return 'jdk';
  return /^(?:jdk-?)?8(?:\D|$)/.test(version ?? '') ? undefined : 'jre';
}

/** The kind in the name of a downloaded archive: `OpenJDK8U-jdk_x64_linux_hotspot_8u492b09.tar.gz`. */
const archiveIn = remember((command): 'jdk' | 'jre' | undefined => {
  const kind = /\/OpenJDK\d{1,3}U?-(jdk|jre)_/.exec(command.slice(0, 8_000))?.[1];
  return kind === 'jdk' || kind === 'jre' ? kind : undefined;
});
