import { expect, test } from 'vitest';
import { labelled } from '../../../src/cli/text.ts';

test.each([
  ['harbor', 'example.com: its repositories: away', 'harbor: example.com: its repositories: away'],
  ['example.com', 'example.com: its repositories: away', 'example.com: its repositories: away'],
  ['team/app', 'example.com/team/app: list of tags: away', 'example.com/team/app: list of tags: away'],
  ['app', 'example.com/my-app: list of tags: away', 'app: example.com/my-app: list of tags: away'],
  ['', 'away', 'away'],
  ['example.com/chart:1', 'example.com/chart:1 is not an image', 'example.com/chart:1 is not an image'],
  ['example.com/chart:1', 'example.com/chart:11 is away', 'example.com/chart:1: example.com/chart:11 is away'],
])('the message for "%s": %s', (item, message, text) => {
  expect(labelled(item, message)).toBe(text);
});
