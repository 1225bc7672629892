// Completion for zsh, with the help texts beside the words.
import { type CompletedCommand, type Completion, groupByCompletion } from "./candidates.ts";

/** The script that completes these commands in zsh. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const values = groupByCompletion(commands).map(
    ([value, places]) => `    ${places.map(quoted).join("|")}) ${completionAction(value)}; return ;;`,
  );
  const flags = commands.map(
    ({ name, flags }) =>
      `      ${name}) entries=(${flags.map((flag) => describedWord(`--${flag.name}`, flag.help)).join(" ")}) ;;`,
  );
  const subcommands = commands
    .filter((command) => command.subcommands.length > 0)
    .map(({ name, subcommands: words }) => `      ${name}) compadd -- ${words.join(" ")}; return ;;`);
  return `#compdef kso
# kso completion for zsh. In this shell: source <(kso completion zsh)
# For good: kso completion zsh > "\${fpath[1]}/_kso"
_kso() {
  local -a entries
  local command=$words[2] previous=$words[CURRENT-1]
  if ((CURRENT == 2)); then
    entries=(${commands.map(({ name, description }) => describedWord(name, description)).join(" ")})
    _describe command entries
    return
  fi
  if [[ $PREFIX == --*=* ]]; then
    previous=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$command $previous" in
${values.join("\n")}
  esac
  if [[ $PREFIX == -* ]]; then
    case $command in
${flags.join("\n")}
    esac
    _describe flag entries
    return
  fi
  if ((CURRENT == 3)); then
    case $command in
${subcommands.join("\n")}
    esac
  fi
  _files
}
if [[ \${funcstack[1]} == _kso ]]; then _kso "$@"; else compdef _kso kso; fi
`;
}

function completionAction(value: Completion): string {
  switch (value.kind) {
    case "word":
      return `compadd -- ${value.words.map(quoted).join(" ")}`;
    case "list":
      return `compset -P '*,'; compadd -q -S '' -- ${value.words.map(quoted).join(" ")}`;
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "any":
      return ":";
  }
}

/** `word:what it means`; a colon in either would split it. */
function describedWord(word: string, help: string): string {
  return quoted(`${word.replaceAll(":", "\\:")}:${help.replaceAll(":", "\\:")}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
