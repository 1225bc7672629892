// Runs a command as `kso` does, and gives back what it printed and threw.
import { type Command, runCommand } from "../../src/cli/command.ts";
import { KsoError } from "../../src/core/errors.ts";
import { parseArguments } from "../../src/flags/argv.ts";

interface Outcome {
  /** What the command wrote to stdout. */
  readonly data: string;
  /** What it wrote to stderr. */
  readonly told: string;
  readonly error: KsoError | undefined;
}

/** Runs the command with these arguments; an error that is no KsoError is thrown on. */
export async function run(command: Command, ...argv: string[]): Promise<Outcome> {
  const [data, told]: [string[], string[]] = [[], []];
  try {
    const tell = (text: string, lines: readonly string[] = []): void => void told.push(text, ...lines);
    const output = { data: (text: string) => void data.push(text), tell };
    await runCommand(command, parseArguments(argv, command), output);
    return { data: data.join(""), told: told.join("\n"), error: undefined };
  } catch (thrown) {
    if (!(thrown instanceof KsoError)) throw thrown;
    return { data: data.join(""), told: told.join("\n"), error: thrown };
  }
}
