// Completion in the shells themselves: bash and fish are asked what they would offer, zsh reads the script. Run by .ci/run
// after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, requireTools } from "../support/containers.ts";
import { ksoIn, works } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (name: string): string => join(folder.path, name);
const kso = ksoIn(at("home"));

beforeAll(async () => {
  await requireTools({ bash: "bash", zsh: "zsh", fish: "fish" });
  for (const shell of ["bash", "zsh", "fish"]) writeFileSync(at(`kso.${shell}`), await works(kso("completion", shell)));
  mkdirSync(at("here/folder"), { recursive: true });
  writeFileSync(at("here/a bundle.tar"), "");
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

/** What bash would offer for the last of these words. */
async function inBash(...words: string[]): Promise<string[]> {
  const script = `source "$1"; cd "$2"; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kso; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = await must("bash", ["--norc", "-c", script, "bash", at("kso.bash"), at("here"), "kso", ...words]);
  return out.split("\n").filter(Boolean);
}

/** The same for fish, which takes a line. */
async function inFish(line: string): Promise<string[]> {
  const out = await must("fish", [
    "--no-config",
    "-c",
    `source ${at("kso.fish")}; cd ${at("here")}; complete -C '${line}'`,
  ]);
  return out
    .split("\n")
    .filter(Boolean)
    .map((entry) => entry.split("\t")[0] as string);
}

test("every shell can read its script", async () => {
  for (const shell of ["bash", "zsh", "fish"]) await must(shell, ["-n", at(`kso.${shell}`)]);
});

test("commands, verbs and flags", async () => {
  const commands = await inBash("");
  expect(commands).toEqual(expect.arrayContaining(["export", "config", "completion", "--version"]));
  expect(await inBash("exp")).toEqual(["export"]);
  expect(await inBash("plugin", "")).toEqual(["new", "check"]);
  expect(await inBash("config", "k")).toEqual(["kubespray"]);
  expect(await inBash("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await inBash("export", "--qui")).toEqual(["--quiet"]);
  expect(await inFish("kso ")).toEqual(expect.arrayContaining(commands.filter((word) => !word.startsWith("-"))));
  expect(await inFish("kso exp")).toEqual(["export"]);
  expect((await inFish("kso plugin ")).toSorted()).toEqual(["check", "new"]);
  expect(await inFish("kso export --qui")).toEqual(expect.arrayContaining(["--quiet"]));
});

test("the values of flags, also after an equals sign and a comma", async () => {
  const formats = ["list", "dockerfile", "tarball"];
  expect(await inBash("export", "--format", "")).toEqual(expect.arrayContaining(formats));
  expect(await inBash("export", "--format", "=", "tar")).toEqual(["tarball"]);
  expect(await inBash("export", "--format", "=")).toEqual(expect.arrayContaining(formats));
  expect(await inBash("resolve", "--kubespray", "2.31")).toEqual(["2.31.0"]);
  expect(await inBash("resolve", "--kube", "1.35.4")).toEqual(["1.35.4"]);
  expect(await inBash("fetch", "--with", "cil")).toEqual(["cilium"]);
  expect(await inBash("fetch", "--with", "calico,cil")).toEqual(["calico,cilium"]);
  expect(await inBash("export", "--cni", "c")).toEqual(["calico", "cilium"]);
  expect(await inBash("push", "--map", "k")).toEqual(["keep-host"]);
  expect((await inFish("kso export --format=")).map((word) => word.replace("--format=", ""))).toEqual(
    expect.arrayContaining(formats),
  );
  expect(await inFish("kso resolve --kubespray 2.31")).toEqual(["2.31.0"]);
  expect(await inFish("kso fetch --with calico,cil")).toEqual(["calico,cilium"]);
});

test("files where files are wanted, directories where those are, nothing where nobody can know", async () => {
  expect(await inBash("verify", "a")).toEqual(["a bundle.tar"]);
  expect((await inBash("export", "--manifests", "")).toSorted()).toEqual(["folder"]);
  expect((await inBash("export", "-o", "")).toSorted()).toEqual(["a bundle.tar", "folder"]);
  expect(await inBash("push", "--registry", "")).toEqual([]);
  expect((await inFish("kso verify a")).join()).toContain("bundle.tar");
  expect(await inFish("kso export --manifests ")).toEqual(["folder/"]);
});

test("zsh takes the script as kso's completion, and offers what it should", async () => {
  // compadd and _describe tell what they are given instead of showing it.
  const script = `
    autoload -Uz compinit && compinit -u -D -d "$3"
    source "$1"; print -r -- "$_comps[kso]"; cd "$2"
    compadd() { while [[ $1 == -* && $1 != -- ]]; do [[ $1 == -S ]] && shift; shift; done; shift; print -rl -- "$@" }
    _describe() { print -rl -- \${(P)2} }
    _files() { print -r -- "files $*" }
    compset() { PREFIX=\${PREFIX#$~2} }
    ask() { local words=(kso "$@") CURRENT=$(($# + 1)) PREFIX=$@[-1]; _kso; print -r -- . }
    ask exp; ask export --format ''; ask export --format=tar; ask plugin ''; ask export --manifests ''; ask verify ''; ask export --unavailable ''; ask export --ga`;
  const out = await must("zsh", ["-f", "-c", script, "zsh", at("kso.zsh"), at("here"), at("dump")]);
  const [loaded = "", ...answers] = out.split("\n");
  const [commands, formats, equals, verbs, folders, files, unavailable, flags] = answers.join("\n").split("\n.\n");
  expect(loaded).toBe("_kso");
  expect(commands).toContain("export:");
  expect(formats).toContain("tarball");
  expect(equals).toBe(formats as string);
  expect(verbs).toBe("new\ncheck");
  expect([folders, files]).toEqual(["files -/", "files "]);
  expect(unavailable).toBe("exclude\ninclude");
  expect(flags).toContain("--unavailable:exclude (default) or include");
});

test("another shell is refused, with what there is", async () => {
  const { code, stderr } = await kso("completion", "bsh");
  expect([code, stderr]).toEqual([
    2,
    'kso: Name a shell: kso completion bash|zsh|fish, not "bsh": did you mean "bash"?\n',
  ]);
});
