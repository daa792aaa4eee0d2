import { expect, test } from 'vitest';
import { printable } from '../../../src/common/printable.ts';

test.each([
  ['\u001b[31mred', '[31mred'],
  ['a\tb\r\nc', 'a b c'],
  ['\u202eexe.txt', 'exe.txt'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['half \ud800', 'half \ufffd'],
  ['echo ##vso[task.setvariable variable=PATH]x', 'echo ## vso[task.setvariable variable=PATH]x'],
  ['###[add-mask]e ##teamcity[buildStatus]', '### [add-mask]e ## teamcity[buildStatus]'],
  ['##\u200bvso[task.complete]', '## vso[task.complete]'],
  ['## notes [1]', '## notes [1]'],
  ['naïve 日本 👩‍👩‍👧', 'naïve 日本 👩‍👩‍👧'],
])('%j prints as %j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});
