import { type Command, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../settings/nearest.ts';

// The options that several commands have, and the parsers of their values.

/** The values of `--format` of commands that are no reports. */
export type TableOrJson = 'table' | 'json';

/** The options of commands that read images from their registries. */
export interface ImageOptions {
  /** `os/arch[/variant]`: selects the image of an index. */
  readonly platform: string;
  readonly format: TableOrJson;
  /** Whether to look base images up in the database, too. */
  readonly catalogue?: boolean;
  readonly plainHttp?: boolean;
}

// As Command.option takes them.
export const EXCLUDE = ['--exclude <glob>', 'skip repositories that match; repeatable', collect] as const;
export const NEWEST = [
  '--newest <n>',
  'read only the newest n tags of each repository; "all" for all of them (default: all)',
] as const;
export const CONCURRENCY = [
  '--concurrency <n>',
  'maximum number of requests to a registry at a time (default: 32)',
] as const;
export const PLAIN_HTTP = ['--plain-http', 'connect to registries without TLS'] as const;

/** Those that nearly every image has. */
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** Adds `--format`, one of these values; the default is `table`. */
export function addFormatOption(command: Command, formats: readonly string[] = ['table', 'json']): Command {
  return command.addOption(new Option('--format <format>', 'output format').choices(formats).default('table'));
}

/** An option that takes any value, and some that shells offer. */
export type OptionWithExamples = Option & { readonly examples?: readonly string[] };

/** `--platform` of commands that take several, or all. */
export function platformsOption(description: string): OptionWithExamples {
  const values = 'repeatable; "all" for every platform (default: linux/amd64)';
  const option = new Option('--platform <os/arch>', `${description}; ${values}`).argParser(collect);
  return Object.assign(option, { examples: ['all', ...PLATFORMS] });
}

/** Adds {@link ImageOptions}. @param formats the values of `--format`; default: `table` and `json` */
export function addImageOptions(command: Command, formats?: readonly string[]): Command {
  return addFormatOption(command, formats)
    .addOption(
      Object.assign(
        new Option('--platform <os/arch>', 'platform to choose from an image index').default('linux/amd64'),
        { examples: PLATFORMS },
      ),
    )
    .option('--catalogue', 'also look up bases in the database: its catalogue, and the images that audits read')
    .option(...PLAIN_HTTP);
}

/** Adds the flags that set what an audit reads and how; they override the settings of every source. */
export function addReadingOptions(command: Command): Command {
  return command
    .addOption(platformsOption('platform to read'))
    .option('--include <glob>', 'read only repositories that match; repeatable', collect)
    .option(...EXCLUDE)
    .option('--tags <glob>', 'read only tags that match; repeatable', collect)
    .option(...NEWEST)
    .option('--deep', 'also read the contents of layers')
    .option('--full', 'ignore everything stored: fetch everything again')
    .option(...CONCURRENCY)
    .option(...PLAIN_HTTP);
}

/** Adds `--metrics-port`, for long-running commands that have no dashboard. */
export function addMetricsOption(command: Command): Command {
  return command.option(
    '--metrics-port <port>',
    'serve /metrics and /healthz on this port; 0: any free one (default: SLIMBOARD_METRICS_PORT, else neither is served)',
  );
}

/** Collects the values of an option that may be given several times: `before` and `value`. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Parses the number of an audit. @throws InvalidArgumentError when the text is none */
export const parseAuditNumber = numberParser(
  /^[1-9]\d{0,15}$/,
  'the number of an audit, as listed by "slimboard report audits"',
);

/** Returns a parser of numbers of the given form. @param what they are, for the error about other texts */
export function numberParser(form: RegExp, what: string): (text: string) => number {
  return (text) => {
    if (!form.test(text)) throw new InvalidArgumentError(`Expected ${what}.`);
    return Number(text);
  };
}

/**
 * Lets the options and arguments of a command, and of the commands below it, that take one of some choices say which of
 * them was most likely meant. Commander does so for the names of commands and options only.
 */
export function suggestChoices(command: Command): void {
  for (const each of [...command.options, ...command.registeredArguments]) {
    const { argChoices } = each;
    if (argChoices) each.argParser((value: string) => parseChoice(value, argChoices));
  }
  command.commands.forEach(suggestChoices);
}

function parseChoice(value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  const close = nearest(value, choices);
  const suggestion = close === undefined ? '' : ` (Did you mean ${close}?)`;
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${suggestion}`);
}
