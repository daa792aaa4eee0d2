import type { Command } from 'commander';

/** The options of commands that read images from their registries. */
export interface ImageOptions {
  /** `os/arch[/variant]`: selects the image of an index. */
  readonly platform: string;
  readonly format: string;
  /** Whether to look base images up in the database's catalogue, too. */
  readonly catalogue?: boolean;
  readonly plainHttp?: boolean;
}

/** Adds {@link ImageOptions}. @param formats the values of `--format` */
export function addImageOptions(command: Command, formats = 'table or json'): Command {
  return command
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--format <format>', formats, 'table')
    .option('--catalogue', "also look up bases in the database's catalogue")
    .option('--plain-http', 'connect to registries without TLS');
}
