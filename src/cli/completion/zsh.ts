import type { DescribedCommand, Offer } from './describe-commands.ts';

/** Returns the completion for zsh, to be sourced, or to be a file `_slimboard` in a folder of $fpath. */
export function zshCompletion(commands: readonly DescribedCommand[]): string {
  return `#compdef slimboard
# Completion of slimboard for zsh, after compinit: source <(slimboard completion zsh)

${commands.map(functionOf).join('\n')}
if [[ $funcstack[1] == _slimboard ]]; then _slimboard "$@"; else compdef _slimboard slimboard; fi
`;
}

function functionOf({ path, commands, options, operand }: DescribedCommand): string {
  const specs = options.map(({ flags, description, value }) => {
    const names = flags.map((flag) => (value && flag.startsWith('--') ? `${flag}=` : flag));
    const spec = `[${description.replace(/[[\]\\]/g, '\\$&')}]${value ? `:value:${actionOf(value)}` : ''}`;
    // An option may be given again: some are repeatable.
    return names.length > 1 ? `'*'{${names.join(',')}}${quoted(spec)}` : quoted(`*${names[0]}${spec}`);
  });
  const name = nameOf(path);
  if (commands.length === 0)
    return `${name}() {
  _arguments \\
    ${[...specs, quoted(`1:operand:${actionOf(operand)}`), "'*:operand: '"].join(' \\\n    ')}
}
`;
  return `${name}() {
  local curcontext="$curcontext" state line
  local -a commands=(
    ${commands.map((below) => quoted(`${below.name}:${below.description}`)).join('\n    ')}
  )
  _arguments -C \\
    ${[...specs, "'1:command:->command'", "'*::operand:->operand'"].join(' \\\n    ')}
  case $state in
    command) _describe command commands ;;
    operand) (( $+functions[${name}_$words[1]] )) && ${name}_$words[1] ;;
  esac
}
`;
}

function nameOf(path: string): string {
  return ['_slimboard', ...path.split(' ')].filter((word) => word !== '').join('_');
}

/** What _arguments does to complete a word: nothing is a space. */
function actionOf(offer: Offer): string {
  if (offer === 'files') return '_files';
  return offer === 'nothing' ? ' ' : `(${offer.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
