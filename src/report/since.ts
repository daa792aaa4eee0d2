import { parseDuration } from '../common/units.ts';
import { SettingsError } from '../errors.ts';

/**
 * The time that `--since` means, in ISO 8601. A time without an offset is in UTC, like all times in reports.
 * @throws SettingsError when the text is neither a time nor a duration
 */
export function parseSince(text: string, now: Date): string {
  const time = readTime(text, now);
  if (Number.isNaN(time.getTime()) || !YEARS_OF_POSTGRES.test(time.toISOString()))
    throw new SettingsError(`"${text}" is not a time: expected for example 2026-11-01, 2026-11-01T02:00:00Z or 30d`);
  return time.toISOString();
}

/** The years 1 to 9999; JavaScript writes others in a form that Postgres does not accept. */
const YEARS_OF_POSTGRES = /^(?!0000)\d{4}-/;

/** A day, and perhaps a time of it, and its offset from UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

function readTime(text: string, now: Date): Date {
  if (/^\d+(\.\d+)?[a-z]+$/i.test(text)) return new Date(now.getTime() - parseDuration(text));
  const [, day = '', time = '00:00', offset = 'Z'] = TIME.exec(text) ?? [];
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = new Date(day).getUTCDate() === Number(day.slice(8));
  // Postgres writes whole hours as an offset alone, which JavaScript does not read.
  return new Date(isDay ? `${day}T${time}${offset.replace(/^.\d\d$/, '$&:00')}` : Number.NaN);
}
