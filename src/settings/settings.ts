import type * as z from 'zod';
import type { ecrSource, ociSource, settingsSchema } from './schema.ts';

type Parsed = z.output<typeof settingsSchema>;

/** What an audit reads of a source, and how. */
export type Reading = Parsed['sourceDefaults'] & {
  /** Believe nothing stored: ask for everything again. */
  readonly full: boolean;
  /** Repositories that are read though `exclude` leaves them out: who names one wants it. */
  readonly named?: readonly string[];
};
export type OciSource = z.output<typeof ociSource> & Reading;
export type EcrSource = z.output<typeof ecrSource> & Reading;
/** A configured registry to audit, with everything decided. */
export type SourceSettings = OciSource | EcrSource;

export type TeamSettings = Parsed['teams'][number];
export type PolicySettings = Parsed['policy'];
export type ReportSettings = Parsed['reports'][number];
export type NotifySettings = Parsed['notify'][number];

/** Every setting, decided. Sizes are bytes, times milliseconds, `dataDir` and `caFile` absolute. */
export interface Settings extends Omit<Parsed, 'sources' | 'sourceDefaults'> {
  readonly sources: readonly SourceSettings[];
  /** How a source is read that only the command line names. */
  readonly sourceDefaults: Reading;
}

/** Variables of the environment, as the process hands them over. */
export type Environment = Readonly<Record<string, string | undefined>>;
