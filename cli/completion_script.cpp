// The scripts that a shell runs at a TAB: they ask the program (cli/completion.h), and leave files
// to the shell, which knows quoting, ~ and its own settings better.
#include "cli/completion.h"

namespace cli {
namespace {

constexpr const char* kBash = R"(# bash completion for muster:  source <(muster completion bash)
_muster() {
  local program=${1/#\~\//$HOME/} cur=${COMP_WORDS[COMP_CWORD]} files= word line
  COMPREPLY=()
  while IFS= read -r line; do
    word=${line%%$'\t'*}
    if [[ -z $files ]]; then files=$word; else COMPREPLY+=("$word"); fi
  done < <("$program" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ $cur == "=" ]] && cur=
  cur=${cur#[\"\']}
  cur=${cur//\\/}
  case $files in
    :files) compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur") ;;
    :folders) compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur") ;;
    :yaml) compopt -o filenames
      while IFS= read -r line; do
        [[ -d ${line/#\~\//$HOME/} || $line == *.yaml || $line == *.yml ]] && COMPREPLY+=("$line")
      done < <(compgen -f -- "$cur") ;;
  esac
}
complete -F _muster muster
)";

constexpr const char* kZsh = R"(#compdef muster
# zsh completion for muster:  muster completion zsh > "${fpath[1]}/_muster"
_muster() {
  local program=${words[1]/#\~\//$HOME/} files line word help
  local -a entries answer
  answer=("${(@f)$("$program" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  files=$answer[1]
  for line in "${(@)answer[2,-1]}"; do
    word=${line%%$'\t'*} help=${line#*$'\t'}
    entries+=("${word//:/\\:}:$help")
  done
  [[ $PREFIX == --*=* ]] && compset -P '*='
  (( $#entries )) && _describe -V muster entries
  case $files in
    :files) _files ;;
    :folders) _files -/ ;;
    :yaml) _path_files -g '*.(yaml|yml)(-.)'; _path_files -/ ;;
  esac
}
if [[ $funcstack[1] == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
)";

constexpr const char* kFish = R"(# fish completion for muster:  muster completion fish | source
function __muster_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
  set -l answer (command $program __complete $words[2..-1] "$current" 2>/dev/null)
  set -l start (string match -r '^--[a-z-]+=' -- "$current")
  for line in $answer[2..-1]
    printf '%s%s\n' "$start" $line
  end
  set -l path (string replace -r '^--[a-z-]+=' '' -- "$current")
  switch "$answer[1]"
    case :files
      printf "$start%s\n" (__fish_complete_path "$path")
    case :folders
      printf "$start%s\n" (__fish_complete_directories "$path" '')
    case :yaml
      for line in (__fish_complete_path "$path")
        string match -qr '(/|\.ya?ml)(\t|$)' -- $line; and printf '%s%s\n' "$start" $line
      end
  end
end
complete -c muster -f -k -a '(__muster_complete)'
)";

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return "";
}

}  // namespace cli
