import type { Violation } from '../check-image.ts';
import type { Severity } from '../finding.ts';
import { RULES } from '../rule-registry.ts';

/** Where the pages of the rules are read. */
const PAGES = 'https://github.com/slimboard/slimboard/blob/main/docs/rules';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warn: 'warning', info: 'note' };

/** What a policy itself checks, beside the rules. */
const CHECKS: readonly { readonly id: string; readonly title: string }[] = [
  { id: 'max-image-size', title: 'The image is larger than its budget' },
  { id: 'max-layers', title: 'The image has more layers than its budget' },
  { id: 'allowed-bases', title: 'The image stands on a base that the policy does not name' },
];

/**
 * Violations as a SARIF 2.1.0 log, for code scanning.
 * @param version of slimboard
 * @see SARIF 2.1.0, OASIS standard, 3.13 to 3.27
 */
export function formatSarif(violations: readonly Violation[], version: string): string {
  const rules = [...RULES, ...CHECKS];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'slimboard', version, rules: rules.map(({ id, title }) => descriptorOf(id, title)) } },
        results: violations.map((violation) => ({
          ...resultOf(violation),
          ruleIndex: rules.findIndex(({ id }) => id === violation.rule),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptorOf(id: string, title: string) {
  return { id, shortDescription: { text: title }, helpUri: `${PAGES}/${id}.md` };
}

function resultOf({ reference, rule, severity, message, evidence }: Violation) {
  return {
    ruleId: rule,
    level: LEVELS[severity],
    message: { text: message },
    locations: [
      {
        // Code scanning wants a file; an image's reference is the closest thing to one, as a relative URI.
        physicalLocation: { artifactLocation: { uri: encodeURI(reference) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: reference, kind: 'module' }],
      },
    ],
    properties: { evidence },
    partialFingerprints: { 'image/rule': `${reference}|${rule}` },
  };
}
