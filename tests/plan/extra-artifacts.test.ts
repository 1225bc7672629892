// Extra artifacts come into a plan beside what is planned already, each once, for the platforms that they are named for.
import { expect, test } from "bun:test";
import { addExtraArtifacts } from "../../src/plan/extra-artifacts.ts";
import { planFor } from "../support/plan.ts";

const plan = planFor({ selection: { only: ["etcd"] } });
const list = (text: string, path = "extra.txt"): { text: string; path: string } => ({ text, path });

test("files and images are added with their place in the list; without a list the plan is the same", () => {
  expect(addExtraArtifacts(plan, [])).toBe(plan);
  const digest = `sha256:${"ab".repeat(32)}`;
  const extra = addExtraArtifacts(plan, [
    list(`https://example.org/a/tool linux/arm64\nquay.io/a/b:1\nquay.io/a/c@${digest}\n`),
  ]);
  expect(extra.artifacts.slice(0, plan.artifacts.length)).toEqual([...plan.artifacts]);
  expect(extra.artifacts.slice(plan.artifacts.length)).toMatchObject([
    { kind: "file", component: "extra", path: "example.org/a/tool", platforms: ["linux/arm64"] },
    { kind: "image", image: "quay.io/a/b:1", version: "1", reason: "named in line 2 of extra.txt" },
    { kind: "image", image: "quay.io/a/c:digest-abababababab", version: digest, digest },
  ]);
  expect(extra.components.at(-1)).toEqual({
    component: "extra",
    category: "tool",
    included: true,
    reason: "named in extra.txt",
    requested: true,
  });
});

test("what is planned already is not added, and what two lists name is for the platforms of both", () => {
  const [etcd] = plan.artifacts.flatMap((artifact) => (artifact.kind === "image" ? artifact.image : []));
  const extra = addExtraArtifacts(plan, [
    list(`${etcd}\nquay.io/a/b:1 linux/arm64\n`),
    list("quay.io/a/b:1 linux/amd64\n", "more.txt"),
  ]);
  expect(extra.artifacts.slice(plan.artifacts.length)).toMatchObject([
    { image: "quay.io/a/b:1", platforms: ["linux/amd64", "linux/arm64"] },
  ]);
});

test("a digest of what is planned by its tag alone is a further image", () => {
  const [etcd = ""] = plan.artifacts.flatMap((artifact) => (artifact.kind === "image" ? artifact.image : []));
  const digests = ["ab", "cd"].map((text) => `sha256:${text.repeat(32)}`);
  const extra = addExtraArtifacts(plan, [list(digests.map((digest) => `${etcd}@${digest}\n`).join(""))]);
  expect(extra.artifacts.slice(plan.artifacts.length)).toMatchObject([
    { image: etcd.replace(/:[^:]*$/, ":digest-abababababab"), digest: digests[0] },
    { image: etcd.replace(/:[^:]*$/, ":digest-cdcdcdcdcdcd"), digest: digests[1] },
  ]);
  expect(addExtraArtifacts(extra, [list(`${etcd}@${digests[0]}\n`)]).artifacts).toHaveLength(extra.artifacts.length);
});

test("a platform that is not planned is refused with the line", () => {
  expect(() => addExtraArtifacts(plan, [list("\nquay.io/a/b:1 linux/riscv64\n")])).toThrow(
    "Cannot use line 2 of extra.txt: quay.io/a/b:1 is for linux/riscv64, and the plan is for linux/amd64 and linux/arm64",
  );
});
