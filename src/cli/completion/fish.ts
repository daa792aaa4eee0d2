import type { DescribedCommand, Offer } from './describe-commands.ts';

/** Returns the completion for fish. */
export function fishCompletion(commands: readonly DescribedCommand[]): string {
  const valued = commands.flatMap(({ options }) => options.flatMap(({ flags, value }) => (value ? flags : [])));
  return `# Completion of slimboard for fish: slimboard completion fish | source

# Prints the command with its operands, without options and their values.
function __slimboard_operands
    set -l operands
    set -l is_value no
    for word in (commandline -opc)[2..-1]
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case ${[...new Set(valued)].join(' ')}
                set is_value yes
            case '-*'
            case '*'
                set -a operands $word
        end
    end
    echo "$operands"
end

# Whether a command is being typed: it, perhaps with operands.
function __slimboard_in
    set -l operands (__slimboard_operands)
    test "$operands" = "$argv"; or string match -q -- "$argv *" "$operands"
end

complete -c slimboard -f
${withoutShared(commands).flatMap(linesOf).join('\n')}
`;
}

/** The options of the program without a command are those of every command. */
function withoutShared([program, ...others]: readonly DescribedCommand[]): readonly DescribedCommand[] {
  const shared = new Set(program?.options.flatMap(({ flags }) => flags));
  const own = others.map((command) => ({
    ...command,
    options: command.options.filter(({ flags }) => !flags.some((flag) => shared.has(flag))),
  }));
  return [...(program ? [program] : []), ...own];
}

function linesOf({ path, commands, options, operand }: DescribedCommand): readonly string[] {
  const within = path === '' ? '' : ` -n '__slimboard_in ${path}'`;
  const first = `-n 'test "$(__slimboard_operands)" = "${path}"'`;
  const below = commands.map(
    ({ name, description }) => `complete -c slimboard ${first} -a ${name} -d ${quoted(description)}`,
  );
  const operands =
    commands.length > 0 || operand === 'nothing' ? [] : [`complete -c slimboard ${first} ${offered(operand)}`];
  const own = options.map(({ flags, description, value }) => {
    const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
    return `complete -c slimboard${within} ${names.join(' ')} ${value ? `-r ${offered(value)} ` : ''}-d ${quoted(description)}`;
  });
  return [...below, ...operands, ...own];
}

function offered(offer: Offer): string {
  if (offer === 'files') return '-F';
  return offer === 'nothing' ? '-f' : `-f -a '${offer.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
