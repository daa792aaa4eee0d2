import { InvalidArgumentError } from 'commander';
import { PORT_RULE, parsePort } from './port.ts';

/** Parses a port for an option. @throws InvalidArgumentError when the text is no port */
export function parsePortOption(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError(PORT_RULE);
  return port;
}
