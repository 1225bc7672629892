// `kso completion`: a script that completes kso's commands, flags and their values in a shell.
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { generalKeys } from "../../flags/output.ts";
import { type Command, command, writeJson } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { type CompletedCommand, completedCommands } from "../completion/candidates.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";

const scripts: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);
const shells = [...scripts.keys()];

/** The command that writes completion scripts. @param commands loads all commands, this one too. */
export function completionFor(commands: () => Promise<readonly Command[]>): Command {
  return command({
    name: "completion",
    subcommands: shells.map((name) => ({ name, synopsis: "" })),
    description: "a script that completes commands, flags and values in a shell",
    flags: generalKeys,
    examples: [
      { line: "source <(kso completion bash)", meaning: "in this shell" },
      { line: "kso completion fish > ~/.config/fish/completions/kso.fish", meaning: "for good" },
    ],
    chinese: {
      description: "生成补全命令、选项及其取值的 shell 脚本",
      examples: ["仅当前 shell", "长期生效"],
    },
    json: [{ form: "value", example: '{"shell": "bash", "script": "…"}' }],
    async run(options, positionals, output) {
      const [shell = "", ...rest] = positionals;
      const write = scripts.get(shell);
      if (!write || rest.length > 0)
        throw new KsoError(
          "usage",
          `Name a shell: kso completion ${shells.join("|")}${shell && rest.length === 0 ? `, not "${shell}"${didYouMean(shell, shells)}` : ""}`,
        );
      const script = write(completedCommands(await commands()));
      if (options.json) writeJson(output, { shell, script });
      else output.data(script);
    },
  });
}
