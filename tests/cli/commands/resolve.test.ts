// `kso resolve`: the plan, an explanation instead of it, and the notes beside it.
import { expect, test } from "bun:test";
import { resolveCommand } from "../../../src/cli/commands/resolve.ts";
import { run } from "../../support/command.ts";

test("--explain takes the name of a component or of an item, as text and as JSON", async () => {
  const text = await run(resolveCommand, "--explain", "calico_node", "--explain", "metallb", "--arch", "amd64");
  expect([text.told, text.error]).toEqual(["", undefined]);
  expect(text.data).toStartWith("calico is in: listed by kubespray");
  expect(text.data).toContain("  image calico_node v3");
  expect(text.data).toContain("\nmetallb is in: ");
  const json = await run(resolveCommand, "--explain", "calico_node", "--json", "--kubespray", "2.31.0");
  const value = JSON.parse(json.data);
  expect(value).toMatchObject({
    schema: "kso.explanation/1",
    release: { version: "2.31.0" },
    components: [{ component: "calico", included: true, requiredBy: [], unavailable: [], unresolved: [] }],
  });
  const [calico] = value.components;
  expect(new Set(calico.artifacts.map((one: { component: string }) => one.component))).toEqual(new Set(["calico"]));
  expect(calico.artifacts).toContainEqual(
    expect.objectContaining({ name: "calico_node", source: expect.stringMatching(/^quay.io/) }),
  );
  expect((await run(resolveCommand, "--explain", "nothing", "--json")).error?.code).toBe("unresolvable");
});

test("a mirror of the command line that nothing comes from is noted", async () => {
  const { told } = await run(
    resolveCommand,
    "--only",
    "etcd",
    "--mirror",
    "dl.k8s.io=http://10.0.0.5",
    "--mirror",
    "github.com=http://10.0.0.5",
  );
  expect(told).toContain("note: --mirror dl.k8s.io: nothing in this plan comes from that host");
});

test("it is sorted, with what it comes to, in both languages; sizes are those of a lock", async () => {
  const plain = await run(resolveCommand, "--only", "etcd,calico", "--arch", "amd64", "--kubespray", "2.31.0");
  const names = plain.data
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(/ +/)[0]);
  expect(names).toEqual(names.toSorted());
  expect(new Set(names)).toEqual(new Set(["calico", "etcd"]));
  expect(plain.told).toMatch(/^kubespray-2\.31\.0, Kubernetes 1\.35\.4: 3 files and \d+ images$/m);
});
