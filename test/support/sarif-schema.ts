/** A relative path by RFC 3986: no colon in the first segment, and no character that must be escaped. */
const RELATIVE_URI = "^(?:[\\w.~!$&'()*+,;=@-]|%[\\dA-F]{2})+(?:/(?:[\\w.~!$&'()*+,;=:@-]|%[\\dA-F]{2})*)*$";

/*
 * A JSON schema of the parts of SARIF 2.1.0 that slimboard writes: required properties, types, and no property unknown
 * to the standard. Comments give the section of the OASIS standard for each object.
 */
const message = object({ text: { type: 'string' } }, ['text']); // 3.11
const artifactLocation = object({ uri: { type: 'string', pattern: RELATIVE_URI } }, ['uri']); // 3.4
const region = object({ startLine: { type: 'integer', minimum: 1 } }, []); // 3.30
const physicalLocation = object({ artifactLocation, region }, ['artifactLocation']); // 3.29
const logicalLocation = object({ fullyQualifiedName: { type: 'string' }, kind: { type: 'string' } }, []); // 3.33
const location = object({ physicalLocation, logicalLocations: listOf(logicalLocation) }, []); // 3.28
const reportingDescriptor = object(
  { id: { type: 'string' }, shortDescription: message, helpUri: { type: 'string', pattern: '^https://' } },
  ['id'],
); // 3.49
const driver = object({ name: { type: 'string' }, version: { type: 'string' }, rules: listOf(reportingDescriptor) }, [
  'name',
]); // 3.19
const suppression = object(
  {
    kind: { enum: ['inSource', 'external'] },
    status: { enum: ['accepted', 'underReview', 'rejected'] },
    justification: { type: 'string' },
  },
  ['kind'],
); // 3.35
const result = object(
  {
    ruleId: { type: 'string' },
    ruleIndex: { type: 'integer', minimum: 0 },
    level: { enum: ['none', 'note', 'warning', 'error'] },
    message,
    locations: { type: 'array', items: location },
    partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
    properties: { type: 'object' },
    suppressions: listOf(suppression),
  },
  ['message'],
); // 3.27
const run = object({ tool: object({ driver }, ['driver']), results: { type: 'array', items: result } }, ['tool']); // 3.14

export const SARIF_SCHEMA = object(
  { $schema: { type: 'string' }, version: { const: '2.1.0' }, runs: { type: 'array', items: run } },
  ['version', 'runs'],
); // 3.13

function object(properties: object, required: readonly string[]) {
  return { type: 'object', properties, required, additionalProperties: false };
}

function listOf(items: object) {
  return { type: 'array', items, uniqueItems: true };
}
