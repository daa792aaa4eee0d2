import { LIMITS, type Violation } from '../check-image.ts';
import { shortEvidence } from '../evidence-text.ts';
import { exceptionText } from '../exceptions.ts';
import type { Severity } from '../finding.ts';
import { RULES } from '../rule-registry.ts';

/** The address of the documentation, with a page per rule. */
const PAGES = 'https://github.com/slimboard/slimboard/blob/main/docs';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warn: 'warning', info: 'note' };

/**
 * Formats violations as a SARIF 2.1.0 log, for code scanning.
 * @param version slimboard's version
 * @see SARIF 2.1.0, OASIS standard, 3.13 to 3.27, and 3.35 for suppressions
 */
export function formatSarif(violations: readonly Violation[], version: string): string {
  const rules = [
    ...RULES.map(({ id, title }) => ({ id, title, page: `rules/${id}.md` })),
    ...LIMITS.map(({ id, title }) => ({ id, title, page: 'check.md' })),
  ];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'slimboard', version, rules: rules.map(descriptorOf) } },
        results: violations.map((violation) => ({
          ...resultOf(violation),
          ruleIndex: rules.findIndex(({ id }) => id === violation.rule),
        })),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function descriptorOf({ id, title, page }: { readonly id: string; readonly title: string; readonly page: string }) {
  return { id, shortDescription: { text: title }, helpUri: `${PAGES}/${page}` };
}

function resultOf({ reference, rule, severity, message, evidence, exception }: Violation) {
  const repository = repositoryOf(reference);
  return {
    ruleId: rule,
    level: LEVELS[severity],
    message: { text: withoutLinks([`${reference}: ${message}`, ...shortEvidence(evidence)].join('\n')) },
    locations: [
      {
        // Code scanning requires a file; the closest thing is the image's repository as a relative URI. With the tag,
        // each build would close all alerts and open them again. The colon of a port is escaped, since one in the first
        // segment would make it an absolute URI with the host as its scheme.
        physicalLocation: {
          artifactLocation: { uri: encodeURI(repository).replace(':', '%3A') },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: reference, kind: 'module' }],
      },
    ],
    properties: { evidence },
    // The standard tells results that nobody suppresses (an empty list) from those where that is not known (none).
    suppressions: exception?.holds
      ? [{ kind: 'external', status: 'accepted', justification: exceptionText(exception) }]
      : [],
    partialFingerprints: { 'image/rule': `${repository}|${rule}` },
  };
}

/**
 * Separates what would be a link, `[text](address)`, because an instruction of an image may hold one.
 * @see SARIF 2.1.0, 3.11.6, "Messages with embedded links"
 */
function withoutLinks(text: string): string {
  return text.replaceAll('](', '] (');
}

/** A reference without its tag, digest and platform: `registry.example.com/app` of `registry.example.com/app:1 (linux/arm64)`. */
function repositoryOf(reference: string): string {
  return reference.replace(/[:@][^/]*(?: \(.*\))?$/, '');
}
