import type * as z from 'zod';
import type { ecrSource, ociSource, settingsSchema } from './schema.ts';

type Parsed = z.output<typeof settingsSchema>;

/** Which part of a source an audit reads, and how. */
export type Reading = Parsed['sourceDefaults'] & {
  /** Ignore what is stored, and fetch everything again. */
  readonly full: boolean;
  /** Repositories that the command line names; they are read even if `exclude` matches them. */
  readonly named?: readonly string[];
};
/** A source in a registry that implements the OCI distribution API, with every setting resolved. */
export type OciSource = z.output<typeof ociSource> & Reading;
/** A source in Amazon ECR, with every setting resolved. */
export type EcrSource = z.output<typeof ecrSource> & Reading;
/** A registry to audit, with the value of every setting resolved. */
export type SourceSettings = OciSource | EcrSource;

export type TeamSettings = Parsed['teams'][number];
export type PolicySettings = Parsed['policy'];
export type ReportSettings = Parsed['reports'][number];
export type NotifySettings = Parsed['notify'][number];

/** All settings, resolved. Sizes are in bytes, durations in milliseconds; paths of files and folders are absolute. */
export interface Settings extends Omit<Parsed, 'sources' | 'sourceDefaults'> {
  /** The file that was read besides the defaults; undefined: there is none. */
  readonly file: string | undefined;
  readonly sources: readonly SourceSettings[];
  /** How to read a source that is named on the command line and not configured. */
  readonly sourceDefaults: Reading;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;
