import { groupBy } from '../../common/group-by.ts';
import type { Violation } from '../check-image.ts';
import { evidenceLines } from '../evidence-text.ts';

/**
 * Formats violations as JUnit XML: a suite per image and a case per violation, or one passed case for an image without
 * violations. Warnings and notes are passed cases with their text in system-out, since most CI systems only know passed
 * and failed.
 * @param references the references of all images that were checked
 * @see the JUnit XML schema that Jenkins and GitLab read
 */
export function formatJUnit(references: readonly string[], violations: readonly Violation[]): string {
  const byReference = groupBy(violations, ({ reference }) => reference);
  const suites = references.map((reference) => suiteOf(reference, byReference.get(reference) ?? []));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="slimboard">\n${suites.join('')}</testsuites>\n`;
}

function suiteOf(reference: string, violations: readonly Violation[]): string {
  const failures = violations.filter(({ severity }) => severity === 'error').length;
  const name = escapeXml(reference);
  const cases =
    violations.length === 0 ? `    <testcase classname="${name}" name="policy"/>\n` : violations.map(caseOf).join('');
  const tests = Math.max(1, violations.length);
  return `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="0">\n${cases}  </testsuite>\n`;
}

function caseOf(violation: Violation): string {
  const open = `    <testcase classname="${escapeXml(violation.reference)}" name="${escapeXml(violation.rule)}">`;
  const text = escapeXml([violation.message, ...evidenceLines(violation.evidence)].join('\n'));
  const body =
    violation.severity === 'error'
      ? `<failure message="${escapeXml(violation.message)}" type="${escapeXml(violation.rule)}">${text}</failure>`
      : `<system-out>${violation.severity}: ${text}</system-out>`;
  return `${open}${body}</testcase>\n`;
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
