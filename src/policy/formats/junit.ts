import { groupBy } from '../../common/group-by.ts';
import { isAccepted, isFailure, type Violation } from '../check-image.ts';
import { evidenceLines } from '../evidence-text.ts';
import { exceptionText } from '../exceptions.ts';

/**
 * Formats violations as JUnit XML: a suite per image and a case per violation, or one passed case for an image without
 * violations. Warnings and notes are passed cases with their text in system-out, since most CI systems only know passed,
 * failed and skipped; accepted ones are skipped.
 * @param references the references of all images that were checked
 * @see the JUnit XML schema that Jenkins and GitLab read
 */
export function formatJUnit(references: readonly string[], violations: readonly Violation[]): string {
  const byReference = groupBy(violations, ({ reference }) => reference);
  const suites = references.map((reference) => suiteOf(reference, byReference.get(reference) ?? []));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="slimboard">\n${suites.join('')}</testsuites>\n`;
}

function suiteOf(reference: string, violations: readonly Violation[]): string {
  const failures = violations.filter(isFailure).length;
  const skipped = violations.filter(isAccepted).length;
  const name = escapeXml(reference);
  const cases =
    violations.length === 0 ? `    <testcase classname="${name}" name="policy"/>\n` : violations.map(caseOf).join('');
  const tests = Math.max(1, violations.length);
  return `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}">\n${cases}  </testsuite>\n`;
}

function caseOf(violation: Violation): string {
  const open = `    <testcase classname="${escapeXml(violation.reference)}" name="${escapeXml(violation.rule)}">`;
  return `${open}${outcomeOf(violation)}</testcase>\n`;
}

function outcomeOf(violation: Violation): string {
  const { rule, severity, message, evidence, exception } = violation;
  const reason = exception ? [exceptionText(exception)] : [];
  const text = escapeXml([message, ...reason, ...evidenceLines(evidence)].join('\n'));
  if (isFailure(violation))
    return `<failure message="${escapeXml(message)}" type="${escapeXml(rule)}">${text}</failure>`;
  const skipped = exception?.holds ? `<skipped message="${escapeXml(exceptionText(exception))}"/>` : '';
  return `${skipped}<system-out>${severity}: ${text}</system-out>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Escapes text for XML 1.0: markup becomes entities; characters that XML does not allow become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
