import { InvalidArgumentError } from 'commander';

/** Parses an audit's number for an option. @throws InvalidArgumentError when the text is no audit's number */
export function parseAuditNumber(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new InvalidArgumentError('expected the number of an audit, as listed by "slimboard report audits"');
  return Number(text);
}
