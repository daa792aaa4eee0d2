import { pino } from 'pino';
import { printable, printableLines } from './common/printable.ts';
import type { LogFormat, LogLevel } from './log-levels.ts';
import { withoutCredentials } from './without-credentials.ts';

/** pino's logger, as {@link createLogger} makes it. */
export type Logger = pino.Logger;

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object per line, for machines. `pretty`: one line per entry, for people. */
  readonly format: LogFormat;
  /** Where lines go: stderr, as stdout is for results. */
  readonly stream: Pick<NodeJS.WritableStream, 'write'>;
  /** Log errors only. */
  readonly quiet?: boolean;
  /** Use colours in `pretty`. */
  readonly color?: boolean;
}

/**
 * Creates a structured logger. Credentials are removed from every finished line, so callers cannot forget to. Stack
 * traces appear at levels `debug` and `trace` only.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { format, stream, quiet, color = false } = options;
  const level = quiet ? quietLevel(options.level) : options.level;
  const write = (line: string): void => {
    const clean = withoutCredentials(line);
    stream.write(format === 'pretty' ? prettyLine(clean, color) : clean);
  };
  const showStack = level === 'debug' || level === 'trace';
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => describe(error, showStack) },
      errorKey: 'error',
    },
    { write },
  );
}

function quietLevel(level: LogLevel): LogLevel {
  return level === 'fatal' || level === 'silent' ? level : 'error';
}

interface DescribedError {
  readonly name: string;
  readonly code?: unknown;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/** Picks the fields to log: errors of some libraries also carry requests, queries and parameters. */
function describe(error: unknown, showStack: boolean): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    ...(showStack && error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: describe(error.cause, showStack) }),
  };
}

const COLORS: Readonly<Record<string, number>> = { trace: 90, debug: 36, info: 32, warn: 33, error: 31, fatal: 35 };

/** Formats a JSON line as `02:00:07 warn  message  audit=12 source=prod`, with any stack trace on lines after it. */
function prettyLine(line: string, color: boolean): string {
  const { time, level, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const label = String(level).padEnd(5);
  const paint = COLORS[String(level)];
  const coloredLabel = color && paint !== undefined ? `\u001b[${paint}m${label}\u001b[0m` : label;
  const stacks: string[] = [];
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${fieldText(value, stacks)}`);
  const text = printable([String(msg ?? ''), ...fields].join(' '));
  const head = `${String(time).slice(11, 19)} ${coloredLabel} ${text}`;
  return `${[head, ...stacks.map(printableLines)].join('\n')}\n`;
}

function fieldText(value: unknown, stacks: string[]): string {
  if (isDescribedError(value)) {
    if (value.stack !== undefined) stacks.push(value.stack);
    return JSON.stringify(withCause(value));
  }
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

/** The message with its cause's, unless it already includes that, as most of slimboard's own messages do. */
function withCause({ message, cause }: DescribedError): string {
  return cause && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}

function isDescribedError(value: unknown): value is DescribedError {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
