import { SettingsError } from '../errors.ts';
import type { Environment } from '../settings/settings.ts';
import { PORT_RULE, parsePort } from './port.ts';

/** The flag that {@link metricsPortOf} reads. */
export interface MetricsOption {
  readonly metricsPort?: number;
}

/**
 * Returns the port of `/metrics`, as the option or SLIMBOARD_METRICS_PORT sets it; undefined if neither does.
 * @throws SettingsError when the variable is no port
 */
export function metricsPortOf(option: MetricsOption, environment: Environment): number | undefined {
  const given = environment.SLIMBOARD_METRICS_PORT;
  if (option.metricsPort !== undefined || !given) return option.metricsPort;
  const port = parsePort(given);
  if (port === undefined) throw new SettingsError(`SLIMBOARD_METRICS_PORT: "${given}" is not a port: ${PORT_RULE}`);
  return port;
}
