// What every command is, and where its words go.
import type { Arguments, Flag } from "./options.ts";

/** Where a command's words go: data on stdout, everything else on stderr. */
export interface Output {
  data(text: string): void;
  tell(text: string): void;
}

/** A command: its flags, its help, and what it does. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** A further part of its help: words and what they mean. */
  readonly words?: { readonly title: string; readonly of: Readonly<Record<string, string>> };
  /** Does kso.yaml count for these words? It does where there is a --config, unless this says otherwise. */
  configured?(args: Arguments): boolean;
  run(args: Arguments, output: Output): Promise<void>;
}
