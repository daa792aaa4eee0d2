import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { homedir } from 'node:os';
import { format } from 'node:util';
import { printableLines } from '../common/printable.ts';
import { publicCommandLine, withoutCredentials } from '../without-credentials.ts';
import { EXIT, Interruption } from './exit-code.ts';
import type { Io } from './io.ts';
import { runProgram } from './program.ts';
import { tooManyFiles } from './too-many-files.ts';

// --database may contain a password, which other users must not see in the list of processes.
process.title = publicCommandLine(['slimboard', ...process.argv.slice(2)]);
// Node.js would print each field of the error: some libraries store requests there, with their credentials.
process.on('uncaughtException', (error) => {
  writeCrash(error);
  process.exit(EXIT.failure);
});

// For a host with several addresses Node.js gives each but the last 250 ms (nodejs/node#54359), less than a handshake to
// another continent or one whose first packet is lost takes: where IPv6 leads nowhere, such a host cannot be reached.
setDefaultAutoSelectFamilyAttemptTimeout(2_000);

const LET_GO_MS = 1_000;
const stop = new AbortController();
// The first signal lets the command save its work and end; the second one ends the process at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const interruption = new Interruption(signal);
    if (stop.signal.aborted) process.exit(interruption.exitCode);
    stop.abort(interruption);
  });
}
// The reader of stdout may close it early, as head does; the disk that it is written to may be full.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done);
  process.stderr.write(
    `slimboard: cannot write to stdout: ${error.message}: check where it is redirected to, and that the disk has room\n`,
  );
  process.exit(EXIT.failure);
});
// An audit must not end because nobody reads its log any more, or the log's disk is full.
process.stderr.on('error', () => undefined);
// The AWS SDK warns that it will drop this version of Node.js some day; package.json says which versions work.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// What libraries write to the console would break up the log: it becomes a warning like those of Node.js.
console.warn = console.error = (...texts: unknown[]) => process.emitWarning(format(...texts));
// Until there is a log, warnings wait for it: Node.js would write them by console.error, and so make new ones for ever.
const early: Error[] = [];
process.removeAllListeners('warning').on('warning', (warning) => void early.push(warning));

nameHome();
const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  cwd: workingFolder(),
  now: () => new Date(),
  signal: stop.signal,
  onExitCode: (code) => {
    process.exitCode = code;
  },
  onWarning: (report) => {
    process.removeAllListeners('warning').on('warning', report);
    for (const warning of early.splice(0)) report(warning);
  },
};
runProgram(process.argv.slice(2), io)
  .then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      writeCrash(error);
      process.exitCode = EXIT.failure;
    },
  )
  .finally(() => {
    // A connection to a server that has fallen silent must not keep a process that was told to end.
    if (stop.signal.aborted) setTimeout(() => process.exit(), LET_GO_MS).unref();
  });

/**
 * Sets HOME, where Docker's and AWS's credentials are looked for, if the caller did not. A user without an entry in
 * /etc/passwd, such as OpenShift's, gets /, as container runtimes do it.
 */
function nameHome(): void {
  if (process.env.HOME) return;
  delete process.env.HOME;
  try {
    process.env.HOME = homedir();
  } catch {
    process.env.HOME = '/';
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write('slimboard: the working folder does not exist any more: change to another one\n');
    process.exit(EXIT.usage);
  }
}

function writeCrash(error: unknown): void {
  const text = tooManyFiles(error) ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`slimboard: ${withoutCredentials(printableLines(text))}\n`);
}
