import type { ChildProcess } from 'node:child_process';

const running = new Map<ChildProcess, NodeJS.Signals>();

/**
 * Has a program end with the run of tests that started it, also when a signal ends that.
 * @param signal what ends it at once
 */
export function endedWithRun<Child extends ChildProcess>(child: Child, signal: NodeJS.Signals = 'SIGKILL'): Child {
  running.set(child, signal);
  child.once('exit', () => running.delete(child));
  return child;
}

function endAll(): void {
  for (const [child, signal] of running) child.kill(signal);
}

process.once('exit', endAll);
// A process that runs tests would go on with the next one.
process.once('disconnect', () => {
  endAll();
  process.kill(process.pid, 'SIGKILL');
});
