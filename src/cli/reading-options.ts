import type { Command } from 'commander';

/** The flags that set what an audit reads and how; they override the settings of every source. */
export function addReadingOptions(command: Command): Command {
  return command
    .option(
      '--platform <os/arch>',
      'platform to read; repeatable; "all" for every platform (default: linux/amd64)',
      collect,
    )
    .option('--include <glob>', 'read only repositories that match; repeatable', collect)
    .option('--exclude <glob>', 'skip repositories that match; repeatable', collect)
    .option('--tags <glob>', 'read only tags that match; repeatable', collect)
    .option('--newest <n>', 'read only the newest n tags of each repository; "all" for all of them')
    .option('--deep', 'also read the contents of layers')
    .option('--full', 'ignore everything stored: fetch everything again')
    .option('--concurrency <n>', 'maximum number of requests to a registry at a time')
    .option('--plain-http', 'connect to registries without TLS');
}

/** Collects the values of an option that may be given several times: `before` and `value`. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
