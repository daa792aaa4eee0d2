import type { Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { describeCommands } from '../completion/describe-commands.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { type Io, writeResult } from '../io.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** The shells whose command lines can be completed. */
export type Shell = keyof typeof SCRIPTS;

/** Writes the script by which a shell completes the command lines of a program. */
export async function completionCommand(io: Io, program: Command, shell: Shell): Promise<void> {
  await writeResult(io, [SCRIPTS[shell](describeCommands(program))]);
}
