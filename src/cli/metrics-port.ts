import { SettingsError } from '../errors.ts';
import type { Environment } from '../settings/settings.ts';

export interface MetricsOption {
  readonly metricsPort?: number;
}

export const PORT_RULE = 'write a whole number from 0 to 65535';

/** @throws SettingsError when the variable is no port */
export function metricsPortOf(option: MetricsOption, environment: Environment): number | undefined {
  const given = environment.SLIMBOARD_METRICS_PORT;
  if (option.metricsPort !== undefined || !given) return option.metricsPort;
  const port = parsePort(given);
  if (port === undefined) throw new SettingsError(`SLIMBOARD_METRICS_PORT: "${given}" is no port: ${PORT_RULE}`);
  return port;
}

export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
