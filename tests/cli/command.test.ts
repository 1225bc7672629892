// A command is given what was typed over what kso.yaml says, and only flags that mean something with its subcommand.
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, command, flagsFor, runCommand } from "../../src/cli/command.ts";
import { allCommands } from "../../src/cli/dispatch.ts";
import { type OptionArguments, parseArguments } from "../../src/flags/argv.ts";
import { run as runOne } from "../support/command.ts";
import { fixtures } from "../support/paths.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

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
    json: [],
    async run(options, positionals, _, typed) {
      calls.push({
        ...options,
        positionals,
        typed: (["kube", "only", "jobs", "json"] as const).filter((key) => typed.has(key)),
      });
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

const all = await allCommands();

test.each(all.map((one) => [one.name, one] as const))(
  "%s: what --json prints is documented, as JSON by line",
  (_, one) => {
    expect(one.json.length).toBeGreaterThan(0);
    for (const { form, example } of one.json) {
      const values = example.split("\n").map((line) => JSON.parse(line));
      if (form === "value") expect(values).toHaveLength(1);
      else for (const value of values) expect(value).toHaveProperty("event");
    }
  },
);

/** The fields of a value, in order; of a list those of its first. */
const fieldsOf = (value: object): string[] => Object.keys(Array.isArray(value) ? value[0] : value);

test("what commands print with --json has the fields of the documented example", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const at = (name: string): string => join(folder.path, name);
  mkdirSync(at("store/blobs/sha256"), { recursive: true });
  const runs: [name: string, of: string | undefined, ...argv: string[]][] = [
    ["resolve", undefined, "--only", "etcd"],
    ["resolve", "--explain", "--explain", "etcd"],
    ["components", undefined, "--only", "etcd"],
    ["export", "the formats list and dockerfile", "--format", "list", "--only", "etcd", "-o", at("list")],
    ["verify", undefined, path],
    ["inspect", undefined, path],
    ["diff", "two locks or bundles", path, path],
    ["diff", "--releases", "2.30.0", "2.31.0", "--releases", "--only", "etcd"],
    ["config", undefined, "kubespray", path, "--registry-host", "h:5000", "--files-url", "http://h:8080/k8s"],
    ["store", "path", "path", "--store", at("store")],
    ["store", "check", "check", "--store", at("store"), "--quiet"],
    ["store", "prune", "prune", "--all", "--store", at("store")],
    ["plugin", "new", "new", "demo", "-o", at("demo.ts")],
    ["plugin", "check", "check", join(fixtures, "plugins/k9s.ts"), "--quiet"],
    ["completion", undefined, "bash"],
  ];
  for (const [name, of, ...argv] of runs) {
    const one = all.find((other) => other.name === name);
    const documented = one?.json.find((json) => json.of === of);
    if (!one || !documented) throw new Error(`kso ${name} ${of}: nothing is documented`);
    const { data, error } = await runOne(one, ...argv, "--json");
    expect([name, of, error?.message]).toEqual([name, of, undefined]);
    expect([name, of, fieldsOf(JSON.parse(data))]).toEqual([name, of, fieldsOf(JSON.parse(documented.example))]);
  }
}, 60_000);
