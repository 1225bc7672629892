// What completes a flag is what the tables say of it.
import { expect, test } from "bun:test";
import { completedCommands, groupByCompletion } from "../../../src/cli/completion/candidates.ts";
import { allCommands } from "../../../src/cli/dispatch.ts";

const commands = completedCommands(await allCommands());
const completionOf = (command: string, flag: string): unknown =>
  commands.find(({ name }) => name === command)?.flags.find(({ name }) => name === flag)?.value;

test.each<[string, string, unknown]>([
  ["resolve", "unavailable", { kind: "word", words: ["exclude", "include"] }],
  ["push", "map", { kind: "word", words: ["strip-host", "keep-host", "flatten"] }],
  ["config", "map", { kind: "word", words: ["strip-host", "keep-host"] }],
  ["config", "credentials", { kind: "list", words: ["files", "registry"] }],
  ["fetch", "arch", { kind: "list", words: ["amd64", "arm64"] }],
  ["fetch", "lock", { kind: "file" }],
  ["fetch", "store", { kind: "directory" }],
  ["fetch", "jobs", { kind: "any" }],
  ["fetch", "update", undefined],
  ["serve", "registry", { kind: "any" }],
])("%s --%s", (command, flag, value) => {
  expect(completionOf(command, flag)).toEqual(value);
});

test("names of releases and components come from embedded data", () => {
  const wordsOf = (command: string, flag: string): unknown => (completionOf(command, flag) as { words: unknown }).words;
  expect(wordsOf("resolve", "cni")).toContain("cilium");
  expect(wordsOf("resolve", "explain")).toContain("etcd");
  expect(wordsOf("export", "format")).toContain("tarball");
});

test("subcommands complete behind the command's name", () => {
  const subcommands = Object.fromEntries(commands.map(({ name, subcommands: words }) => [name, words]));
  expect(subcommands).toMatchObject({
    plugin: ["new", "check"],
    store: ["path", "check", "prune"],
    manifests: ["update", "import", "check"],
    completion: ["bash", "zsh", "fish"],
    fetch: [],
  });
});

test("flags with the same completion are one entry, with their short spellings", () => {
  const [, places] = groupByCompletion(commands).find(([, flags]) => flags.includes("export --format")) ?? [];
  expect(places).toEqual(["init --format", "init -f", "export --format", "export -f"]);
});
