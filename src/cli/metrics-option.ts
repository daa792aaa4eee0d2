import type { Command } from 'commander';

/** Adds `--metrics-port`, for long-running commands that have no dashboard. */
export function addMetricsOption(command: Command): Command {
  return command.option(
    '--metrics-port <port>',
    'serve /metrics and /healthz on this port (SLIMBOARD_METRICS_PORT; 0: any free port)',
  );
}
