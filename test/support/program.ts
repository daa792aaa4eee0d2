import { Writable } from 'node:stream';
import { runProgram } from '../../src/cli/program.ts';

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly signal?: AbortSignal;
  readonly onStdout?: () => void;
  readonly now?: () => Date;
}

/** Runs the command line in this process, in a folder, with only the given environment. */
export async function runInProcess(
  cwd: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { signal = new AbortController().signal, onStdout = () => undefined, now = () => new Date() }: ProgramOptions = {},
): Promise<ProgramResult> {
  const text = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof text) =>
    new Writable({
      write(chunk, _encoding, done) {
        text[name] += String(chunk);
        if (name === 'stdout') onStdout();
        done();
      },
    });
  const io = { stdout: sink('stdout'), stderr: sink('stderr'), environment, cwd, now, signal };
  const code = await runProgram(args, io);
  return { code, ...text };
}
