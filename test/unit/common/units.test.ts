import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBytes, parseDuration } from '../../../src/common/units.ts';
import { SettingsError } from '../../../src/errors.ts';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['1234', 1_234],
    ['300MB', 300_000_000],
    ['300 mb', 300_000_000],
    ['300MiB', 314_572_800],
    ['1.5GiB', 1_610_612_736],
    ['0.1kB', 100],
    ['2TB', 2_000_000_000_000],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', 'MB', '-1MB', '3 apples', '1e3', '99999999TB', 'NaN', '1.MB', '.5MB', '0.9'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseBytes(text)).toThrow(SettingsError);
    },
  );

  test('a number of a unit is that number times the unit', () => {
    const unit = fc.constantFrom(['kB', 1e3], ['MB', 1e6], ['KiB', 1024], ['MiB', 1024 ** 2], ['GiB', 1024 ** 3]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_000_000 }), unit, (count, [name, factor]) => {
        expect(parseBytes(`${count}${name}`)).toBe(count * Number(factor));
      }),
    );
  });

  test('any text gives whole bytes or a SettingsError', () => {
    fc.assert(fc.property(fc.string(), (text) => isWholeOrRefused(() => parseBytes(text))));
  });
});

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['90d', 7_776_000_000],
    ['6w', 3_628_800_000],
    ['1y', 31_536_000_000],
    ['1.5h', 5_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['30', '', 'd', '3 fortnights', '-1d'])('refuses "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow(SettingsError);
  });

  test('any text gives whole milliseconds or a SettingsError', () => {
    fc.assert(fc.property(fc.string(), (text) => isWholeOrRefused(() => parseDuration(text))));
  });
});

function isWholeOrRefused(parse: () => number): boolean {
  try {
    const value = parse();
    return Number.isSafeInteger(value) && value >= 0;
  } catch (error) {
    return error instanceof SettingsError;
  }
}
