import { withStore } from '../../app/open-store.ts';
import { counted } from '../../common/plural.ts';
import { printable } from '../../common/printable.ts';
import type { Queryable } from '../../database/database.ts';
import { isItemFailure, SettingsError } from '../../errors.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { PACKAGE_VERSION } from '../../package-version.ts';
import { checkFacts, checkImage, isAccepted, isFailure, type Violation } from '../../policy/check-image.ts';
import { shortEvidence } from '../../policy/evidence-text.ts';
import { exceptionText } from '../../policy/exceptions.ts';
import { SEVERITIES } from '../../policy/finding.ts';
import { formatJUnit } from '../../policy/formats/junit.ts';
import { formatSarif } from '../../policy/formats/sarif.ts';
import { unknownAudit } from '../../report/audit-summary.ts';
import { jsonDocument } from '../../report/json-document.ts';
import { type AuditRow, findAudit } from '../../store/audit-store.ts';
import { countUnchecked, readFacts } from '../../store/check-store.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { todayOf, writeResult } from '../io.ts';
import type { ImageOptions } from '../options.ts';
import type { Session } from '../prepare.ts';
import { jsonText } from '../table-or-json.ts';
import { labelled } from '../text.ts';
import { withAssessor } from '../with-assessor.ts';
import { exitCodeOf as exitCodeOfError } from '../write-failure.ts';

/** The options of `check`. */
export interface CheckOptions extends Omit<ImageOptions, 'format'> {
  readonly format: 'table' | 'json' | 'junit' | 'sarif';
  /** An audit whose images are checked, as it assessed them. */
  readonly audit?: number;
}

interface Checked {
  readonly references: readonly string[];
  readonly violations: readonly Violation[];
  readonly gaps: readonly Gap[];
}

/** Images that were not checked. */
interface Gap {
  /** A sentence that says which, and why. */
  readonly text: string;
  /** With which the check ends if no image violates the policy. */
  readonly code: ExitCode;
}

const FORMATS: Readonly<Record<CheckOptions['format'], (checked: Checked) => string>> = {
  table: describe,
  json: ({ references, violations }) => jsonText(jsonDocument('slimboard.check/1', { images: references, violations })),
  junit: ({ references, violations }) => formatJUnit(references, violations),
  sarif: ({ violations }) => `${formatSarif(violations, PACKAGE_VERSION)}\n`,
};

/**
 * Checks images, or all images of an audit, against the policy.
 * @param exit called before the result is written: with 3 when an image breaks the policy, else 2 when a reference names no
 * image, else 1 when some were not checked
 */
export async function checkCommand(
  session: Session,
  images: readonly string[],
  options: CheckOptions,
  exit: (code: ExitCode) => void,
): Promise<void> {
  if ((options.audit === undefined) === (images.length === 0))
    throw new SettingsError('expected either images to check, or --audit with a number');
  const checked =
    options.audit === undefined
      ? await checkImages(session, images, options)
      : await checkAudit(session, options.audit);
  for (const { text } of checked.gaps) session.notices.problem(text);
  exit(exitCodeOf(checked));
  await writeResult(session.io, [FORMATS[options.format](checked)]);
}

function exitCodeOf({ violations, gaps }: Checked): ExitCode {
  if (violations.some(isFailure)) return EXIT.violation;
  if (gaps.some(({ code }) => code === EXIT.usage)) return EXIT.usage;
  return gaps.length === 0 ? EXIT.done : EXIT.failure;
}

async function checkImages(session: Session, images: readonly string[], options: CheckOptions): Promise<Checked> {
  const parsed = new Map(images.map(parseReference).map((each) => [formatReference(each), each]));
  return withAssessor(session, options, async (assess) => {
    const references: string[] = [];
    const violations: Violation[] = [];
    const gaps: Gap[] = [];
    for (const [reference, each] of parsed) {
      try {
        const { owner, image } = await assess(each);
        references.push(reference);
        violations.push(...checkImage({ reference, owner, image }, session.settings.policy, todayOf(session.io)));
      } catch (error) {
        // The other images are checked all the same.
        if (parsed.size === 1 || !isItemFailure(error)) throw error;
        gaps.push({ text: `not checked: ${labelled(reference, error.message)}`, code: exitCodeOfError(error) });
      }
    }
    return { references, violations, gaps };
  });
}

async function checkAudit({ settings, io }: Session, id: number): Promise<Checked> {
  return withStore(settings, 'read', async (db) => {
    const audit = await findAudit(db, id);
    if (!audit) throw unknownAudit(id);
    const references: string[] = [];
    const violations: Violation[] = [];
    for await (const batch of readFacts(db, id)) {
      references.push(...batch.map(({ reference }) => reference));
      violations.push(...batch.flatMap((facts) => checkFacts(facts, settings.policy, todayOf(io))));
    }
    return { references, violations, gaps: await gapsOf(db, audit) };
  });
}

async function gapsOf(db: Queryable, { id, status }: AuditRow): Promise<readonly Gap[]> {
  const { failed, unassessed } = await countUnchecked(db, id);
  const items = `${counted(failed, 'item')} failed ("slimboard report errors --audit ${id}")`;
  const texts = [
    ...(status === 'finished' ? [] : [`audit ${id} is ${status}, not finished: ${items}, so the check is incomplete`]),
    ...(unassessed === 0
      ? []
      : [`${counted(unassessed, 'image')} not checked: no audit has assessed their newest content yet`]),
  ];
  return texts.map((text) => ({ text, code: EXIT.failure }));
}

function describe({ references, violations }: Checked): string {
  const open = violations.filter((violation) => !isAccepted(violation));
  const accepted = violations.length - open.length;
  const counts = [
    ...SEVERITIES.map(
      (severity) => `${open.filter((violation) => violation.severity === severity).length} ${severity}`,
    ),
    ...(accepted === 0 ? [] : [`${accepted} accepted`]),
  ];
  const lines = violations.flatMap(({ severity, reference, rule, message, exception, evidence }) => [
    printable(`${severity.padEnd(6)}${reference}  ${rule}: ${message}`),
    ...[...(exception ? [exceptionText(exception)] : []), ...shortEvidence(evidence)].map((line) =>
      printable(`${' '.repeat(8)}${line}`),
    ),
  ]);
  return [...lines, `${counted(references.length, 'image')} checked: ${counts.join(', ')}`, ''].join('\n');
}
