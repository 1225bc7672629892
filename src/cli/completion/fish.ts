// Completion for fish: a line for each command, subcommand and flag.
import type { CompletedCommand, Completion } from "./candidates.ts";

/** The script that completes these commands in fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, subcommands: words, flags }) => {
    const after = `__fish_seen_subcommand_from ${name}`;
    const among = `${after}; and not __fish_seen_subcommand_from ${words.join(" ")}`;
    return [
      `complete -c kso -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
      ...(words.length > 0 ? [`complete -c kso -n ${quoted(among)} -f -a ${quoted(words.join(" "))}`] : []),
      ...flags.map(
        ({ name: flag, short, help, value }) =>
          `complete -c kso -n ${quoted(after)} -l ${flag}${short ? ` -s ${short}` : ""}${value ? ` ${completionOptions(value)}` : ""} -d ${quoted(help)}`,
      ),
    ];
  });
  return `# kso completion for fish. In this shell: kso completion fish | source
# For good: kso completion fish > ~/.config/fish/completions/kso.fish
complete -c kso -e
complete -c kso -n __fish_use_subcommand -l help -s h -d 'what there is'
complete -c kso -n __fish_use_subcommand -l version -d 'version, commit and embedded releases'
${lines.join("\n")}
`;
}

function completionOptions(value: Completion): string {
  switch (value.kind) {
    case "word":
      return `-x -a ${quoted(value.words.join(" "))}`;
    case "list":
      return `-x -a ${quoted(`(__fish_append , ${value.words.join(" ")})`)}`;
    case "file":
      return "-r -F";
    case "directory":
      return "-x -a '(__fish_complete_directories)'";
    case "any":
      return "-x";
  }
}

/** fish reads a backslash before a quote and before itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
