import { type Advice, adviseImage } from '../advise/advise.ts';
import type { Knowledge } from '../advise/alternatives.ts';
import { baseFactsOf } from '../advise/base-facts.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import { goalFor } from '../policy/budgets.ts';
import type { Finding } from '../policy/finding.ts';
import { findingsOf } from '../policy/findings-of.ts';
import type { Goal } from '../policy/goal.ts';
import type { ImageOwner } from '../policy/owners.ts';
import type { PolicySettings, TeamSettings } from '../settings/settings.ts';
import { teamOf } from '../settings/team-of.ts';
import type { LoadedImage } from './load-image.ts';

/** The settings and knowledge that an image is assessed by. */
export interface AssessOptions {
  readonly policy: PolicySettings;
  readonly teams: readonly TeamSettings[];
  readonly knowledge: Knowledge;
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** Replaces the policy's goal. */
  readonly goal?: Goal | undefined;
}

/** A loaded image with its owner, findings and advice, and the known bases that this rests on. */
export interface AssessedImage {
  readonly loaded: LoadedImage;
  readonly owner: ImageOwner;
  readonly image: AuditedImage;
  readonly findings: readonly Finding[];
  readonly advice: Advice;
  readonly knowledge: Knowledge;
}

/** Assesses an image that was read straight from its registry by the same rules as an audit. Pure. */
export function assessLoaded(
  loaded: LoadedImage,
  { policy, teams, knowledge, today, goal }: AssessOptions,
): AssessedImage {
  const { bases } = loaded;
  const image = { ...loaded.image, baseFacts: baseFactsOf(loaded.image.verdict, { bases, knowledge, today }) };
  const findings = findingsOf(image, policy.rules);
  const owner = ownerOf(loaded, teams);
  const advice = adviseImage(image, findings, knowledge, goal ?? goalFor(owner, policy.budgets, policy.goal).goal);
  return { loaded, owner, image, findings, advice, knowledge };
}

function ownerOf({ reference: { repository, registry } }: LoadedImage, teams: readonly TeamSettings[]): ImageOwner {
  const team = teamOf(repository, teams, registry);
  return { repository, ...(team === undefined ? {} : { team }) };
}
