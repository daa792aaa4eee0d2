import { expect, test } from 'vitest';
import { remember } from '../../../src/common/remember.ts';

/** A remembering function, and how often the function beneath was asked. */
function counting() {
  let asked = 0;
  const length = remember((text: string) => {
    asked += 1;
    return text === 'none' ? undefined : text.length;
  });
  return { length, asked: () => asked };
}

test('computes each result once, even undefined', () => {
  const { length, asked } = counting();
  for (let time = 0; time < 3; time += 1) expect([length('four'), length('none')]).toEqual([4, undefined]);
  expect(asked()).toBe(2);
});

test('drops the oldest results, so that memory stays bounded', () => {
  const { length, asked } = counting();
  const texts = Array.from({ length: 3 * 4_096 }, (_, at) => `text ${at}`);
  for (const text of texts) length(text);
  expect(asked()).toBe(texts.length);
  length(texts.at(-1) ?? '');
  expect(asked()).toBe(texts.length);
  length(texts[0] ?? '');
  expect(asked()).toBe(texts.length + 1);
});
