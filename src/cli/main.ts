import { withoutCredentials } from '../without-credentials.ts';
import { EXIT, Interruption } from './exit-code.ts';
import type { Io } from './io.ts';
import { runProgram } from './program.ts';

// An address with a password (--database) is for this process, not for whoever lists processes.
process.title = withoutCredentials(['slimboard', ...process.argv.slice(2)].join(' '));
// Node.js itself would show each field of the error: some libraries keep requests there, with their credentials.
process.on('uncaughtException', (error) => {
  tellCrash(error);
  process.exit(EXIT.failure);
});

const stop = new AbortController();
// The first signal ends the work in hand and keeps it; the second one ends the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const interruption = new Interruption(signal);
    if (stop.signal.aborted) process.exit(interruption.exitCode);
    stop.abort(interruption);
  });
}
// Whoever reads our output may leave before its end, as head does; the disk that it goes to may be full.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
  process.stderr.write(
    `slimboard: cannot write to stdout: ${error.message}: see where it leads, and that there is room\n`,
  );
  process.exit(EXIT.failure);
});
// The SDK of AWS announces when it will drop this version of Node.js; package.json says which ones work.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  cwd: process.cwd(),
  now: () => new Date(),
  signal: stop.signal,
  onExitCode: (code) => {
    process.exitCode = code;
  },
  onWarning: (tell) => void process.removeAllListeners('warning').on('warning', tell),
};
runProgram(process.argv.slice(2), io).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    tellCrash(error);
    process.exitCode = EXIT.failure;
  },
);

function tellCrash(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`slimboard: ${withoutCredentials(text)}\n`);
}
