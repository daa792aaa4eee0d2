import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgress } from '../../../src/cli/progress.ts';
import type { ItemError } from '../../../src/store/error-store.ts';

let lines: string[];
let progress: ReturnType<typeof createProgress>;
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
  progress.events.itemDone('audited', 1);
  progress.countRequest(false);
  vi.advanceTimersByTime(5_000);
  progress.events.repositoryListed('main', 'shop/web', 4);
  progress.countRequest(false);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    '1 repository, 1 of 1 tag (0 unchanged, 0 failed), 1 request, 0 tags/s',
    '2 repositories, 1 of 5 tags (0 unchanged, 0 failed), 2 requests, 0 tags/s',
  ]);
});

test('an audit that goes on begins with what it had done; its rate is that of this process', () => {
  progress.resumed(7);
  progress.events.resumed({
    repositories: 12,
    tags: 400,
    audited: 40,
    unchanged: 300,
    failed: 1,
    requests: 500,
    throttled: 2,
  });
  progress.events.repositoryListed('main', 'shop/web', 10);
  progress.events.itemDone('audited', 5);
  progress.countRequest(false);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    'audit 7 goes on from where it was stopped',
    '13 repositories, 345 of 410 tags (300 unchanged, 1 failed), 501 requests (2 throttled), 1 tags/s',
  ]);
});

test('while an audit that has not ended is waited for, that is told; the rate counts from the start', () => {
  progress.waits();
  vi.advanceTimersByTime(10_000);
  progress.starts();
  progress.events.itemDone('audited', 10);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    expect.stringContaining('waiting for a sign of life'),
    expect.stringContaining('waiting for a sign of life'),
    expect.stringContaining('2 tags/s'),
  ]);
});

test('no total is told that is lower than what was read of a repository whose list is not read to its end', () => {
  progress.events.repositoryListed('main', 'shop/web', 1);
  progress.events.itemDone('audited', 200);
  vi.advanceTimersByTime(5_000);
  progress.events.repositoryListed('main', 'shop/api', 300);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    '1 repository, 200 tags (0 unchanged, 0 failed), 0 requests, 40 tags/s',
    '2 repositories, 200 of 301 tags (0 unchanged, 0 failed), 0 requests, 20 tags/s',
  ]);
});

test('an audit that has read all tags tells what it does, where a narrow terminal shows it', () => {
  progress.events.stageBegan('assess');
  vi.advanceTimersByTime(5_000);
  progress.events.stageBegan('close');
  vi.advanceTimersByTime(5_000);
  expect(lines.map((line) => line.split(': ')[0])).toEqual(['assessing images', 'computing totals']);
});

test('an audit that reads no layers does not tell of them', () => {
  progress.events.stageBegan('layers');
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual(['0 repositories, 0 of 0 tags (0 unchanged, 0 failed), 0 requests, 0 tags/s']);
});

test('requests that the registry refused as too many are told: they are why an audit is slow', () => {
  for (const isThrottled of [false, true, true]) progress.countRequest(isThrottled);
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual(['0 repositories, 0 of 0 tags (0 unchanged, 0 failed), 3 requests (2 throttled), 0 tags/s']);
});

test('an interrupted audit tells no more', () => {
  stop.abort();
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([]);
});

test('requests, tags that failed and tags that were unchanged are counted, too, and the layers that are read', () => {
  progress.events.repositoryListed('main', 'shop/web', 100);
  progress.events.itemDone('audited', 30);
  progress.events.itemDone('unchanged', 20);
  fail('shop/web', '1', 'gone');
  progress.events.layersListed(57);
  progress.events.stageBegan('layers');
  progress.events.layerDone();
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual(['reading layers, 1 of 57: 1 repository, 50 of 100 tags (20 unchanged, 1 failed), 0 requests']);
});

describe('on a terminal that can erase a line', () => {
  const ERASE = '\r\u001b[K';
  let written: string;
  const start = ({ format = 'pretty', quiet = false, columns = 40 } = {}) => {
    progress.end();
    written = '';
    const stderr = { isTTY: true, columns, write: (text: string) => (written += text) };
    const scope = {
      io: { stderr, environment: { TERM: 'xterm' }, signal: stop.signal },
      settings: { log: { format } },
      notices: { info: (text: string) => lines.push(text) },
      quiet,
    };
    progress = createProgress(scope as unknown as Parameters<typeof createProgress>[0]);
    vi.advanceTimersByTime(200);
    return written;
  };

  test('one line is overwritten, cut to the width of the terminal, and removed at the end, once', () => {
    const line = '0 repositories, 0 of 0 tags (0 unchanged, 0 failed), 0 requests, 0 tags/s';
    const cut = `\r${line.slice(0, 39)}\u001b[K`;
    expect(start()).toBe(cut);
    vi.advanceTimersByTime(200);
    expect(written).toBe(cut + cut);
    progress.end();
    stop.abort();
    vi.advanceTimersByTime(5_000);
    expect(written).toBe(cut + cut + ERASE);
    expect(start({ columns: line.length })).toBe(`\r${line.slice(0, -1)}\u001b[K`);
    expect(start({ columns: line.length + 1 })).toBe(`\r${line}\u001b[K`);
  });

  test('a notice takes the place of the line', () => {
    start();
    written = '';
    progress.resumed(7);
    expect({ written, lines }).toEqual({ written: ERASE, lines: ['audit 7 goes on from where it was stopped'] });
  });

  test('logs as JSON are lines, and with --quiet there is nothing', () => {
    expect(start({ format: 'json' })).toBe('');
    vi.advanceTimersByTime(4_800);
    expect(lines).toHaveLength(1);
    expect(start({ quiet: true })).toBe('');
    vi.advanceTimersByTime(5_000);
    progress.end();
    expect({ written, lines: lines.length }).toEqual({ written: '', lines: 1 });
  });
});

function fail(repository: string, tag: string, message: string): void {
  const item = { registry: 'r.example.com', repository, tag, digest: '' };
  progress.events.itemFailed('main', { ...item, code: 'not-found', message } as ItemError, 1);
}
