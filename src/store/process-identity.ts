import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names the start of this machine, and the namespace of process ids (the container) in it: two processes with the same
 * value see the same process under an id. Undefined where the system does not tell.
 * @see random(4), /proc/sys/kernel/random/boot_id; pid_namespaces(7)
 */
export const PID_SPACE: string | undefined = placeOf();

function placeOf(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** When a running process was started, in ticks since the system was: another process with the same id has another start. */
export function processStartOf(pid: number): string | undefined {
  const fields = statOf(pid);
  return fields && !hasEnded(fields) ? fields[START_FIELD] : undefined;
}

/** Whether a process of this id runs; it may be another one than was meant. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const fields = statOf(pid);
  return fields === undefined || !hasEnded(fields);
}

/** Of what stands after the name: the state is first; the start is the 22nd of all. @see proc(5), /proc/pid/stat */
const START_FIELD = 19;

function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Where nobody waits for ended processes (a container without an init), they stay listed. */
function hasEnded([state = '']: readonly string[]): boolean {
  return state === 'Z' || state === 'X';
}
