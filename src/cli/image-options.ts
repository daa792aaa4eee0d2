import type { Command } from 'commander';
import { addFormatOption } from './format-option.ts';
import type { TableOrJson } from './table-or-json.ts';

/** The options of commands that read images from their registries. */
export interface ImageOptions {
  /** `os/arch[/variant]`: selects the image of an index. */
  readonly platform: string;
  readonly format: TableOrJson;
  /** Whether to look base images up in the database's catalogue, too. */
  readonly catalogue?: boolean;
  readonly plainHttp?: boolean;
}

/** Adds {@link ImageOptions}. @param formats the values of `--format`; default: `table` and `json` */
export function addImageOptions(command: Command, formats?: readonly string[]): Command {
  return addFormatOption(command, formats)
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--catalogue', "also look up bases in the database's catalogue")
    .option('--plain-http', 'connect to registries without TLS');
}
