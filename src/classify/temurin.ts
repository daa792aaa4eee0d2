import { remember } from '../common/remember.ts';
import type { BuildStep } from './history/build-steps.ts';

/**
 * Whether the image of Temurin that these steps end with has a JDK: by the archive that it unpacks, else by what it
 * starts. Java 8 has no shell to start, so that without an archive nothing tells.
 */
export function temurinKind(steps: readonly BuildStep[], version: string | undefined): 'jdk' | 'jre' | undefined {
  const unpacked = steps.flatMap(({ verb, args }) => (verb === 'RUN' ? (archiveIn(args) ?? []) : [])).at(-1);
  if (unpacked !== undefined) return unpacked;
  const command = steps.findLast((step) => step.verb === 'CMD')?.args.slice(0, 200) ?? '';
  if (/jshell/.test(command)) return 'jdk';
  return /^(?:jdk-?)?8(?:\D|$)/.test(version ?? '') ? undefined : 'jre';
}

/** `OpenJDK8U-jdk_x64_linux_hotspot_8u492b09.tar.gz` */
const archiveIn = remember((command): 'jdk' | 'jre' | undefined => {
  const kind = /\/OpenJDK\d{1,3}U?-(jdk|jre)_/.exec(command.slice(0, 8_000))?.[1];
  return kind === 'jdk' || kind === 'jre' ? kind : undefined;
});
