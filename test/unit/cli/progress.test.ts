import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress, type Progress } from '../../../src/cli/progress.ts';

let lines: string[];
let progress: Progress;
let stop: AbortController;

// A terminal that cannot erase a line gets one every few seconds, as files do.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  lines = [];
  stop = new AbortController();
  const scope = {
    io: { stderr: { isTTY: true }, environment: { TERM: 'dumb' }, signal: stop.signal },
    settings: { log: { format: 'pretty' } },
    notices: { info: (text: string) => lines.push(text) },
    quiet: false,
  };
  progress = createProgress(scope as unknown as Parameters<typeof createProgress>[0]);
});

afterEach(() => {
  progress.end();
  vi.useRealTimers();
});

test('one repository, one tag and one request are told in the singular', () => {
  progress.events.repositoryListed('main', 'shop/api', 1);
  progress.events.itemDone('main', 'audited', 1);
  progress.countRequest();
  vi.advanceTimersByTime(5_000);
  progress.events.repositoryListed('main', 'shop/web', 4);
  progress.countRequest();
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    '1 repository, 1 of 1 tag (0 unchanged, 0 failed), 1 request, 0 tags/s',
    '2 repositories, 1 of 5 tags (0 unchanged, 0 failed), 2 requests, 0 tags/s',
  ]);
});

test('an audit that goes on tells no total of tags: what it had listed before is not counted', () => {
  progress.resumed(7);
  progress.events.repositoryListed('main', 'shop/web', 1);
  progress.events.itemDone('main', 'audited', 3);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    'audit 7 goes on from where it was stopped',
    '1 repository, 3 tags (0 unchanged, 0 failed), 0 requests, 1 tags/s',
  ]);
});

test('an audit that has read all tags tells what it does, where a narrow terminal shows it', () => {
  progress.events.stageBegan('assess');
  vi.advanceTimersByTime(5_000);
  progress.events.stageBegan('close');
  vi.advanceTimersByTime(5_000);
  expect(lines.map((line) => line.split(': ')[0])).toEqual(['judging images', 'computing totals']);
});

test('an interrupted audit tells no more', () => {
  stop.abort();
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([]);
});
