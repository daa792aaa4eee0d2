import { readFileSync, readlinkSync } from 'node:fs';
import { codeOf } from '../errors.ts';

/**
 * Identifies the boot of this machine and the process ID namespace (the container): two processes with the same value
 * mean the same process by a process ID. Undefined where the system does not provide it.
 * @see random(4), /proc/sys/kernel/random/boot_id; pid_namespaces(7)
 */
export const PID_SPACE: string | undefined = readPidSpace();

function readPidSpace(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/**
 * The start time of a running process, in clock ticks since boot: it distinguishes processes that had the same process
 * ID at different times. Undefined when no such process runs, or the system does not say.
 */
export function processStartOf(pid: number): string | undefined {
  const fields = readStatFields(pid);
  return fields && !hasEnded(fields) ? fields[START_FIELD] : undefined;
}

/** Whether a process with this ID is running. IDs are reused: it may be another process than the one meant. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  const fields = readStatFields(pid);
  return fields === undefined || !hasEnded(fields);
}

/**
 * Index of the start time among the fields after the command name: it is field 22 of all, and the first one after the
 * name, the state, is field 3.
 * @see proc(5), /proc/pid/stat
 */
const START_FIELD = 19;

function readStatFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Where no parent reaps ended processes (a container without an init), they remain listed as zombies. */
function hasEnded([state = '']: readonly string[]): boolean {
  return state === 'Z' || state === 'X';
}
