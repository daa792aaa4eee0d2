import { expect, test } from 'vitest';
import { RequestCounter } from '../../../src/app/request-counter.ts';

test('what was taken from a counter is not counted again', () => {
  const counter = new RequestCounter();
  counter.count(true);
  expect(counter.take()).toEqual({ requests: 1, throttled: 1 });
  counter.count(false);
  expect(counter.take()).toEqual({ requests: 1, throttled: 0 });
});
