import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
import { addReadingOptions } from '../reading-options.ts';

export function registerAudit(program: Command, { io, exit }: CommandContext): void {
  const command = program
    .command('audit')
    .description('audit registries now, in this process; without a target, every source of the settings')
    .argument(
      '[targets...]',
      'a source by name, HOST[:PORT], HOST/REPO, HOST/PREFIX/*, HOST/REPO:TAG, ecr:ACCOUNT.REGION or ecr:REGION',
    );
  addReadingOptions(command).action(async (targets: readonly string[], options: object) => {
    const { prepare } = await import('../prepare.ts');
    const { auditCommand } = await import('../run/audit-command.ts');
    exit(await auditCommand(await prepare(io, program.opts(), options), targets));
  });
}
