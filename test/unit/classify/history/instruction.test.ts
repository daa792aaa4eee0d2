import { describe, expect, test } from 'vitest';
import { assignments, commandWords, parseInstruction } from '../../../../src/classify/history/instruction.ts';

test.each([
  ['RUN /bin/sh -c apk add curl # buildkit', 'RUN', 'apk add curl', 'buildkit'],
  ['RUN |2 A=1 B=two words /bin/sh -c make # buildkit', 'RUN', 'make', 'buildkit'],
  ['RUN /bin/bash -o pipefail -c set -e; make # buildkit', 'RUN', 'set -e; make', 'buildkit'],
  ['COPY --chown=1000:1000 . . # buildkit', 'COPY', '--chown=1000:1000 . .', 'buildkit'],
  ['CMD ["node" "index.js"]', 'CMD', '["node" "index.js"]', 'plain'],
  ['[stage-1 3/3] COPY --from=build /app /app', 'COPY', '--from=build /app /app', 'buildkit'],
  ['[linux/amd64 2/4] RUN apk add curl', 'RUN', 'apk add curl', 'buildkit'],
  ['[2/4] anything else', 'OTHER', '[2/4] anything else', 'plain'],
  [
    'mount / from exec sh -c apt install --no-install-recommends -y libssl3',
    'RUN',
    'apt install --no-install-recommends -y libssl3',
    'plain',
  ],
  ['mount / from exec /bin/app migrate', 'RUN', '/bin/app migrate', 'plain'],
  ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD', '["bash"]', 'classic'],
  ['/bin/sh -c #(nop) ADD file:0123 in / ', 'ADD', 'file:0123 in /', 'classic'],
  ['/bin/sh -c apt-get update', 'RUN', 'apt-get update', 'classic'],
  ['|1 DEBIAN_FRONTEND=noninteractive /bin/sh -c apt-get update', 'RUN', 'apt-get update', 'classic'],
  ['cmd /S /C #(nop) COPY dir:01 in C:/app ', 'COPY', 'dir:01 in C:/app', 'classic'],
  ['cmd /S /C choco install git', 'RUN', 'choco install git', 'classic'],
  ['powershell -Command Get-Item .', 'RUN', 'Get-Item .', 'classic'],
  ['WORKDIR /app', 'WORKDIR', '/app', 'plain'],
  ['bazel build ...', 'OTHER', 'bazel build ...', 'plain'],
  [
    "# debian.sh --arch 'amd64' out/ 'bookworm' '@1'",
    'OTHER',
    "# debian.sh --arch 'amd64' out/ 'bookworm' '@1'",
    'plain',
  ],
  ['COPYRIGHT 2024', 'OTHER', 'COPYRIGHT 2024', 'plain'],
  ['', 'NONE', '', 'plain'],
])('%j is %s %j', (line, verb, args, form) => {
  expect(parseInstruction(line)).toEqual({ verb, args, form });
});

describe('lines as long as a config allows', () => {
  test.each([
    ['a word', 'x'.repeat(4_000_000)],
    ['a RUN', `RUN /bin/sh -c ${'-a '.repeat(1_000_000)}`],
    ['build arguments', `|9 ${'A=1 '.repeat(1_000_000)}`],
  ])('%s is cut, not waited for', (_, line) => {
    expect(parseInstruction(line).args.length).toBeLessThanOrEqual(16_384);
  });
});

test('reads command words in three forms', () => {
  expect(commandWords('["a","b c"]')).toEqual(['a', 'b c']);
  expect(commandWords('["a" "b c"]')).toEqual(['a', 'b c']);
  expect(commandWords('a  b')).toEqual(['a', 'b']);
  expect(commandWords('[/bin/sh -c a]')).toEqual(['/bin/sh', '-c', 'a']);
  expect(commandWords('[]')).toEqual([]);
});

test('one ENV may set several variables', () => {
  expect(assignments('A=1 B="two words" C=')).toEqual([
    ['A', '1'],
    ['B', 'two words'],
    ['C', ''],
  ]);
});
