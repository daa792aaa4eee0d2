import type { Violation } from '../check-image.ts';
import { shortEvidence } from '../evidence-text.ts';
import type { Severity } from '../finding.ts';
import { RULES } from '../rule-registry.ts';

/** Where the pages of the rules are read. */
const PAGES = 'https://github.com/slimboard/slimboard/blob/main/docs';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warn: 'warning', info: 'note' };

/** What a policy itself checks, beside the rules; a page tells of them all. */
const CHECKS = [
  { id: 'max-image-size', title: 'The image is larger than its budget' },
  { id: 'max-layers', title: 'The image has more layers than its budget' },
  { id: 'allowed-bases', title: 'The image stands on a base that the policy does not name' },
].map((check) => ({ ...check, page: 'check.md' }));

/**
 * Violations as a SARIF 2.1.0 log, for code scanning.
 * @param version of slimboard
 * @see SARIF 2.1.0, OASIS standard, 3.13 to 3.27
 */
export function formatSarif(violations: readonly Violation[], version: string): string {
  const rules = [...RULES.map(({ id, title }) => ({ id, title, page: `rules/${id}.md` })), ...CHECKS];
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

function resultOf({ reference, rule, severity, message, evidence }: Violation) {
  return {
    ruleId: rule,
    level: LEVELS[severity],
    message: { text: [message, ...shortEvidence(evidence)].join('\n') },
    locations: [
      {
        // Code scanning wants a file; an image's reference is the closest thing to one, as a relative URI. With a colon
        // in its first part it would be an absolute one, of a scheme named after the host.
        physicalLocation: {
          artifactLocation: { uri: encodeURI(reference).replaceAll(':', '%3A') },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: reference, kind: 'module' }],
      },
    ],
    properties: { evidence },
    partialFingerprints: { 'image/rule': `${reference}|${rule}` },
  };
}
