import { SettingsError } from '../errors.ts';
import type { Environment } from '../settings/settings.ts';
import { PORT_RULE, parsePort } from './port.ts';

export interface MetricsOption {
  readonly metricsPort?: number;
}

/** @throws SettingsError when the variable is no port */
export function metricsPortOf(option: MetricsOption, environment: Environment): number | undefined {
  const given = environment.SLIMBOARD_METRICS_PORT;
  if (option.metricsPort !== undefined || !given) return option.metricsPort;
  const port = parsePort(given);
  if (port === undefined) throw new SettingsError(`SLIMBOARD_METRICS_PORT: "${given}" is no port: ${PORT_RULE}`);
  return port;
}
