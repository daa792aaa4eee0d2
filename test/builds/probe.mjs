// In a network of its own (unshare --net): starts a command, asks it over HTTP until it answers, prints the answer.
// probe.mjs PORT COMMAND…
import { execFileSync, spawn } from 'node:child_process';

const [port, command, ...words] = process.argv.slice(2);
const SECONDS = 60;

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
let ended = false;
child.on('exit', () => {
  ended = true;
});
let text;
for (let left = SECONDS * 4; left > 0 && text === undefined && !ended; left -= 1) {
  await new Promise((resolve) => setTimeout(resolve, 250));
  text = await fetch(`http://127.0.0.1:${port}/`)
    .then((response) => response.text())
    .catch(() => undefined);
}
try {
  process.kill(-child.pid, 'SIGKILL');
} catch {
  // It ended by itself.
}
process.stdout.write(`answer: ${text ?? 'none'}\n`);
process.exit(text === undefined ? 1 : 0);
