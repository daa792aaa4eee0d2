# Prints what zsh offers for the last word of a command line: zsh complete.zsh SCRIPT 'slimboard rep'
# Completion needs a line editor, and that a terminal: an interactive zsh gets one from zpty.

zmodload zsh/zpty
zpty shell zsh -f -i

wait_for() { local output; zpty -r -m shell output "*$1*"; }
# Typed in halves: the terminal shows the command as well as its output.
zpty -w shell "source ${0:h}/zshrc.zsh; source ${(q)1}; print re''ady"
wait_for ready
zpty -w -n shell "$2"$'\t'

local -i begun=0
while zpty -r shell line; do print -rn -- $line; done | tr -d '\r' | while IFS= read -r line; do
  if [[ $line == *BEGIN* ]]; then begun=1
  elif [[ $line == *END* ]]; then exit
  elif ((begun)); then print -r -- $line
  fi
done
