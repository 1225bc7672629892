// `kso completion`: a script that completes kso's commands, flags and their values in a shell.
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Command } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { type Completed, completed } from "../completion/words.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { commonFlags } from "../options.ts";

const shells: Readonly<Record<string, (commands: readonly Completed[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** @param commands all of them, this one too. */
export function completionFor(commands: () => readonly Command[]): Command {
  const known = Object.keys(shells);
  return {
    name: "completion",
    usage: `completion ${known.join("|")}`,
    description: "a script that completes commands, flags and values in a shell",
    flags: commonFlags,
    async run(args, output) {
      const [shell = "", ...rest] = args.positionals;
      const write = shells[shell];
      if (!write || rest.length > 0)
        throw new KsoError("usage", `Name a shell: kso completion ${known.join("|")}${didYouMean(shell, known)}`);
      const script = write(completed(commands()));
      output.data(args.has("json") ? `${JSON.stringify({ shell, script }, null, 2)}\n` : script);
    },
  };
}
