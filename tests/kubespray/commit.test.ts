// The commit of a checkout, and .git in every form that must not stop a plan.
import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { modern, plant, type Tree } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

const commit = "1c9add48975060f45396b34d8e022c30d7f80dab";

/** The commit of a checkout in `site/kubespray`, with further files in `site`. */
function commitIn(files: Tree, prepare: (site: string) => void = () => undefined): string | undefined {
  using folder = temporary();
  plant(join(folder.path, "kubespray"), modern);
  plant(folder.path, files);
  prepare(folder.path);
  return openCheckout(join(folder.path, "kubespray")).commit;
}

const worktree: Tree = {
  "repository/.git/worktrees/kubespray/HEAD": "ref: refs/heads/site/v2+x\n",
  "repository/.git/worktrees/kubespray/commondir": "../..\n",
  "repository/.git/refs/heads/site/v2+x": `${commit}\n`,
};

test.each<[string, Tree]>([
  [
    "a worktree, by a relative path",
    { ...worktree, "kubespray/.git": "gitdir: ../repository/.git/worktrees/kubespray\n" },
  ],
  ["a submodule", { "kubespray/.git": "gitdir: ../.git/modules/kubespray\n", ".git/modules/kubespray/HEAD": commit }],
  [
    "packed branches",
    { "kubespray/.git/HEAD": "ref: refs/heads/main\n", "kubespray/.git/packed-refs": `${commit} refs/heads/main\n` },
  ],
])("%s", (_, files) => {
  expect(commitIn(files)).toBe(commit);
});

test("a worktree, by an absolute path", () => {
  const prepare = (site: string) =>
    plant(site, { ...worktree, "kubespray/.git": `gitdir: ${join(site, "repository/.git/worktrees/kubespray")}\n` });
  expect(commitIn({}, (site) => void prepare(site))).toBe(commit);
});

test.each<[string, Tree, (site: string) => void]>([
  ["a file with something else", { "kubespray/.git": "hello" }, () => undefined],
  ["a file that names nothing", { "kubespray/.git": "gitdir: /nowhere/at/all" }, () => undefined],
  ["a file that names a device", { "kubespray/.git": "gitdir: /dev/zero" }, () => undefined],
  ["a dangling link", {}, (site) => symlinkSync("nowhere", join(site, "kubespray/.git"))],
  ["a link to itself", {}, (site) => symlinkSync(".git", join(site, "kubespray/.git"))],
  ["HEAD is a folder", {}, (site) => mkdirSync(join(site, "kubespray/.git/HEAD"), { recursive: true })],
  ["HEAD climbs", { "kubespray/.git/HEAD": "ref: refs/heads/../../../HEAD" }, () => undefined],
  ["HEAD is huge", { "kubespray/.git/HEAD": "a".repeat(9_000_000) }, () => undefined],
  [
    "the repository of the worktree is a file",
    { "kubespray/.git/HEAD": "ref: refs/heads/main", "kubespray/.git/commondir": "HEAD" },
    () => undefined,
  ],
])(".git: %s, and the commit is unknown", (_, files, prepare) => {
  expect(commitIn(files, prepare)).toBeUndefined();
});
