import { type Command, InvalidArgumentError } from 'commander';
import { PORT_RULE, parsePort } from './metrics-port.ts';

/** For long-running commands that have no dashboard. */
export function addMetricsOption(command: Command): Command {
  return command.option(
    '--metrics-port <port>',
    'serve /metrics and /healthz on this port (SLIMBOARD_METRICS_PORT; 0: any free one)',
    (text) => {
      const port = parsePort(text);
      if (port === undefined) throw new InvalidArgumentError(PORT_RULE);
      return port;
    },
  );
}
