import { teams } from '../leaderboard.ts';
import type { KindName } from '../names.ts';
import { advice } from './advice.ts';
import { audits } from './audits.ts';
import { bases } from './bases.ts';
import { errors } from './errors.ts';
import { findings } from './findings.ts';
import { goals } from './goals.ts';
import { images } from './images.ts';
import { improvements } from './improvements.ts';
import type { ReportKind } from './kind.ts';
import { layers } from './layers.ts';
import { reclaim } from './reclaim.ts';
import { regressions } from './regressions.ts';
import { repositories } from './repositories.ts';
import { techniques } from './techniques.ts';
import { trends } from './trends.ts';

/** Every kind of report, by the name that `slimboard report` takes. */
export const KINDS = {
  images,
  layers,
  bases,
  teams,
  repositories,
  findings,
  advice,
  errors,
  audits,
  trends,
  regressions,
  improvements,
  techniques,
  goals,
  reclaim,
} as const satisfies Record<KindName, ReportKind>;
