/**
 * `completions`: prints the script by which a shell completes fanin's command lines. The scripts ask
 * `fanin complete`, so that they follow the declarations of the commands and know runs, jobs and experiments.
 */
import { print } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { defineViewer } from "../flags/flags.ts";
import { json, oneOf } from "../flags/shared_flags.ts";

const bash = String
  .raw`# Completions of fanin for bash. In ~/.bashrc: source <(fanin completions bash)
_fanin() {
  local line="${"$"}{COMP_LINE:0:COMP_POINT}" cur cut candidate about
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  cur="${"$"}{words[${"$"}{#words[@]} - 1]}"
  # Bash replaces only what follows the last of these signs.
  cut="${"$"}{cur%"${"$"}{cur##*[:=]}"}"
  COMPREPLY=()
  while IFS=$'\t' read -r candidate about; do
    case "$candidate" in
      :files) mapfile -t -O "${"$"}{#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames 2> /dev/null ;;
      :directories) mapfile -t -O "${"$"}{#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur")
        compopt -o filenames 2> /dev/null ;;
      *) COMPREPLY+=("${"$"}{candidate#"$cut"}") ;;
    esac
  done < <("${"$"}{words[0]}" complete -- "${"$"}{words[@]:1}" 2> /dev/null)
  [[ ${"$"}{#COMPREPLY[@]} == 1 && ${"$"}{COMPREPLY[0]} == *[.:=] ]] && compopt -o nospace 2> /dev/null
  return 0
}
complete -F _fanin fanin`;

const zsh = String.raw`#compdef fanin
# Completions of fanin for zsh. In ~/.zshrc, after compinit: source <(fanin completions zsh)
_fanin() {
  local line candidate about
  local -a found
  for line in "${"$"}{(@f)$(fanin complete -- "${"$"}{(@)words[2,CURRENT]}" 2> /dev/null)}"; do
    candidate="${"$"}{line%%$'\t'*}"
    about="${"$"}{line#*$'\t'}"
    case "$candidate" in
      :files) _files ;;
      :directories) _files -/ ;;
      ?*) found+=("${"$"}{candidate//:/\\:}:$about") ;;
    esac
  done
  (( $#found )) && _describe fanin found
}
compdef _fanin fanin`;

const fish = String
  .raw`# Completions of fanin for fish. In config.fish: fanin completions fish | source
function __fanin_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (fanin complete -- $words[2..-1] 2> /dev/null)
    switch $line
      case ':files*' ':directories*'
        __fish_complete_path (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c fanin -f -a '(__fanin_complete)'`;

const scripts = { bash, zsh, fish };
const shells = ["bash", "zsh", "fish"] as const;

export const command = defineViewer({
  about: "prints completions of fanin for bash, zsh or fish",
  operands: {
    least: 1,
    most: 1,
    text: shells.join("|"),
    about: "The first line of the script says where it belongs.",
  },
  flags: { json },
  look(_place, { operands: [shell], json }) {
    const script = scripts[oneOf("shell", shells, shell)];
    if (json) printJson({ shell, script });
    else print(script.split("\n"));
    return 0;
  },
});
