// A command is given what was typed over what kso.yaml says, and only flags that mean something with its subcommand.
import { expect, test } from "bun:test";
import { type Command, command, flagsFor, runCommand } from "../../src/cli/command.ts";
import { type OptionArguments, parseArguments } from "../../src/flags/argv.ts";

const output = { data: () => undefined, tell: () => undefined };

/** A command that keeps what it is given. */
function recorder(): { readonly sample: Command; readonly calls: unknown[] } {
  const calls: unknown[] = [];
  const sample = command({
    name: "sample",
    subcommands: [
      { name: "new", synopsis: "NAME", flags: ["kube", "json"] },
      { name: "check", synopsis: "PATH" },
    ],
    description: "a sample",
    flags: ["kube", "only", "jobs", "json"],
    examples: [],
    chinese: { description: "示例", examples: [] },
    async run(options, positionals, _, typed) {
      calls.push({ ...options, positionals, typed: (["kube", "only", "jobs", "json"] as const).filter(typed) });
    },
  });
  return { sample, calls };
}

async function run(argv: readonly string[], settings?: OptionArguments): Promise<unknown> {
  const { sample, calls } = recorder();
  await runCommand(sample, parseArguments(argv, sample), output, settings);
  return calls[0];
}

test("a typed flag wins over kso.yaml, and the command can tell that it was typed", async () => {
  const settings: OptionArguments = new Map([
    ["kube", ["1.34"]],
    ["only", ["etcd", "helm"]],
  ]);
  expect(await run(["check", "p", "--kube", "1.30", "--json"], settings)).toEqual({
    kube: ["1.30"],
    only: ["etcd", "helm"],
    jobs: 8,
    json: true,
    positionals: ["check", "p"],
    typed: ["kube", "json"],
  });
});

test("a flag that means nothing with a subcommand is refused when it is typed", async () => {
  await expect(run(["new", "x", "--jobs", "3"])).rejects.toThrow("--jobs has no meaning for kso sample new");
  expect(await run(["--jobs", "3", "check"])).toMatchObject({ jobs: 3 });
  const { sample } = recorder();
  expect(flagsFor(sample, parseArguments(["new"], sample))).toEqual(["kube", "json"]);
  expect(flagsFor(sample, parseArguments(["other"], sample))).toEqual(sample.flags);
});

test("an invalid value is refused before the command runs", async () => {
  const { sample, calls } = recorder();
  const args = parseArguments(["check", "--jobs", "many"], sample);
  await expect(runCommand(sample, args, output)).rejects.toThrow("--jobs wants a number from 1 to 256");
  expect(calls).toEqual([]);
});

test("a positional is refused by a command that takes flags only", async () => {
  const { sample, calls } = recorder();
  const flagsOnly: Command = { ...sample, flagsOnly: true };
  const args = parseArguments(["--only", "etcd", "coredns"], flagsOnly);
  await expect(runCommand(flagsOnly, args, output)).rejects.toThrow(
    'kso sample takes flags only, not "coredns"; a list is written a,b',
  );
  expect(calls).toEqual([]);
  await runCommand(flagsOnly, parseArguments(["--only", "etcd"], flagsOnly), output);
  expect(calls).toHaveLength(1);
});
