import type { DescribedCommand } from './describe-commands.ts';

/** Returns the completion for bash: from 3.2, which has no associative arrays, and no compopt. */
export function bashCompletion(commands: readonly DescribedCommand[]): string {
  return `# Completion of slimboard for bash: source <(slimboard completion bash)

# Sets "offered": what may follow an option of a command, or be the first operand of a command.
_slimboard_offered() {
  case "$1" in
${branchesByOffer(commands)}
    *) offered='' ;;
  esac
}

# Prints the options of a command.
_slimboard_options() {
  case "$1" in
${commands.map(({ path, options }) => `    '${path}') echo '${options.flatMap(({ flags }) => flags).join(' ')}' ;;`).join('\n')}
  esac
}

_slimboard() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' operands=0 offered='' candidate i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    # bash takes "--format=csv" for three words, and so "HOST:5000".
    case "\${COMP_WORDS[i]}" in
      =) continue ;;
      :*) ((i++)) ;;
      *)
        if [[ $offered ]]; then
          offered=''
          continue
        fi
        case "$command \${COMP_WORDS[i]}" in
          ${commands.flatMap(({ path, commands: below }) => below.map(({ name }) => `'${path} ${name}'`)).join(' | ')}) ((operands == 0)) && command="\${command:+$command }\${COMP_WORDS[i]}" ;;
          *' -'*) _slimboard_offered "$command \${COMP_WORDS[i]}" ;;
          *) ((operands++)) ;;
        esac
        ;;
    esac
  done
  if ((i > COMP_CWORD)) || [[ $current == :* ]]; then return; fi
  if [[ $current == = ]]; then current=''; fi
  if [[ $offered ]]; then :
  elif [[ $current == -* ]]; then offered=$(_slimboard_options "$command")
  elif ((operands == 0)); then _slimboard_offered "$command 0"; fi
  if [[ $offered == files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$current")
  elif [[ $offered != nothing ]]; then
    while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -W "$offered" -- "$current")
  fi
}

complete -F _slimboard slimboard
`;
}

/** The options and operands by what is offered for them, as branches of "case". */
function branchesByOffer(commands: readonly DescribedCommand[]): string {
  const flags = flagsOf(commands);
  const branches = new Map<string, Set<string>>();
  const add = (offer: string, pattern: string) =>
    void branches.set(offer, (branches.get(offer) ?? new Set()).add(pattern));
  for (const { path, flag, offer } of flags) {
    const isAlike = flags.every((other) => other.flag !== flag || other.offer === offer);
    add(offer, isAlike ? `*' ${flag}'` : `'${path} ${flag}'`);
  }
  for (const { path, operand } of commands) if (operand !== 'nothing') add([operand].flat().join(' '), `'${path} 0'`);
  return [...branches].map(([offer, names]) => `    ${[...names].join(' | ')}) offered='${offer}' ;;`).join('\n');
}

/** The options with a value, once for each command that has them. */
function flagsOf(commands: readonly DescribedCommand[]) {
  return commands.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value ? flags.map((flag) => ({ path, flag, offer: [value].flat().join(' ') })) : [],
    ),
  );
}
