// `kso completion`: a script that completes kso's commands, flags and their values in a shell.
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { type Command, command } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { type Completed, completed } from "../completion/words.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { generalKeys } from "../flags/output.ts";

const shells: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** @param commands all of them, this one too. */
export function completionFor(commands: () => Promise<readonly Command[]>): Command {
  const known = Object.keys(shells);
  return command({
    name: "completion",
    subcommands: known.map((name) => ({ name, synopsis: "" })),
    description: "a script that completes commands, flags and values in a shell",
    flags: generalKeys,
    examples: [
      { line: "source <(kso completion bash)", meaning: "in this shell" },
      { line: "kso completion fish > ~/.config/fish/completions/kso.fish", meaning: "for good" },
    ],
    async run(options, positionals, output) {
      const [shell = "", ...rest] = positionals;
      const write = shells[shell];
      if (!write || rest.length > 0)
        throw new KsoError("usage", `Name a shell: kso completion ${known.join("|")}${didYouMean(shell, known)}`);
      const script = write(completed(await commands()));
      output.data(options.json ? `${JSON.stringify({ shell, script }, null, 2)}\n` : script);
    },
  });
}
