import type { Command } from 'commander';

/** The flags that set what an audit reads and how; they override the settings of every source. */
export function addReadingOptions(command: Command): Command {
  return command
    .option(
      '--platform <os/arch>',
      'platform to read, again for more; "all" for every platform (default: linux/amd64)',
      collect,
    )
    .option('--include <glob>', 'only these repositories; again for more', collect)
    .option('--exclude <glob>', 'not these repositories; again for more', collect)
    .option('--tags <glob>', 'only these tags; again for more', collect)
    .option('--newest <n>', 'only the newest n tags of each repository; "all" for all')
    .option('--deep', 'read the contents of layers, too')
    .option('--full', 'believe nothing stored: fetch everything again')
    .option('--concurrency <n>', 'requests to a registry at the same time')
    .option('--plain-http', 'talk to registries without TLS');
}

/** Collects the values of an option that may be given several times: `before` and `value`. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
