# The settings of the zsh that complete.zsh asks.

PROMPT=''
autoload -U compinit && compinit -u -D
bindkey '^I' complete-word
compprefuncs=(say_begin)
comppostfuncs=(say_end)
say_begin() { print '\nBEGIN'; }
say_end() { print 'END'; exit; }

# Prints the matches instead of showing them; with -O, -A or -D, a function of zsh only asks for them.
compadd() {
  local -a matches
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A matches "$@"
    (($#matches)) && print -rl -- $matches
  else
    builtin compadd "$@"
  fi
}
