import { type Command, InvalidArgumentError } from 'commander';
import { SettingsError } from '../errors.ts';
import type { Environment } from '../settings/settings.ts';

export interface MetricsOption {
  readonly metricsPort?: number;
}

/** For long-running commands that have no dashboard. */
export function addMetricsOption(command: Command): Command {
  return command.option(
    '--metrics-port <port>',
    'serve /metrics and /healthz on this port (SLIMBOARD_METRICS_PORT; 0: any free one)',
    (text) => {
      const port = parsePort(text);
      if (port === undefined) throw new InvalidArgumentError(RULE);
      return port;
    },
  );
}

/** @throws SettingsError when the variable is no port */
export function metricsPortOf(option: MetricsOption, environment: Environment): number | undefined {
  const given = environment.SLIMBOARD_METRICS_PORT;
  if (option.metricsPort !== undefined || !given) return option.metricsPort;
  const port = parsePort(given);
  if (port === undefined) throw new SettingsError(`SLIMBOARD_METRICS_PORT: "${given}" is no port: ${RULE}`);
  return port;
}

const RULE = 'write a whole number from 0 to 65535';

function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
