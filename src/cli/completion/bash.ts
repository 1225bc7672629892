// Completion for bash, which needs no further package.
import { type CompletedCommand, type Completion, groupByCompletion } from "./candidates.ts";

/** The script that completes these commands in bash. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const values = groupByCompletion(commands).map(
    ([value, places]) => `    ${places.map((place) => `'${place}'`).join("|")}) ${completionAction(value)}; return ;;`,
  );
  const flags = commands.map(
    ({ name, flags }) => `      ${name}) _kso_words "$cur" '${flags.map((flag) => `--${flag.name}`).join(" ")}' ;;`,
  );
  const subcommands = commands
    .filter((command) => command.subcommands.length > 0)
    .map(({ name, subcommands: words }) => `      ${name}) _kso_words "$cur" '${words.join(" ")}'; return ;;`);
  return `# kso completion for bash. In this shell: source <(kso completion bash)
# For good: kso completion bash > ~/.local/share/bash-completion/completions/kso
_kso_words() {
  COMPREPLY=($(compgen -W "$2" -- "$1"))
}
_kso_list() {
  local before= last=$1
  if [[ $1 == *,* ]]; then before=\${1%,*}, last=\${1##*,}; fi
  COMPREPLY=($(compgen -P "$before" -W "$2" -- "$last"))
  compopt -o nospace 2>/dev/null
}
_kso_paths() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$2" -- "$1")
  compopt -o filenames 2>/dev/null
}
_kso() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  # --flag=value is three words to bash.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    _kso_words "$cur" '${[...commands.map(({ name }) => name), "--help", "--version"].join(" ")}'
    return
  fi
  case "$command $prev" in
${values.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${flags.join("\n")}
    esac
    return
  fi
  if ((COMP_CWORD == 2)); then
    case $command in
${subcommands.join("\n")}
    esac
  fi
  _kso_paths "$cur" -f
}
complete -F _kso kso
`;
}

function completionAction(value: Completion): string {
  switch (value.kind) {
    case "word":
      return `_kso_words "$cur" '${value.words.join(" ")}'`;
    case "list":
      return `_kso_list "$cur" '${value.words.join(" ")}'`;
    case "file":
      return '_kso_paths "$cur" -f';
    case "directory":
      return '_kso_paths "$cur" -d';
    case "any":
      return ":";
  }
}
