// The SBOM names what is compiled in and nothing else, and is the same text each time.
import { expect, test } from "bun:test";
import pack from "../../package.json" with { type: "json" };
import { sbom } from "../../release/sbom.ts";

interface Component {
  readonly "bom-ref": string;
  readonly purl: string;
  readonly hashes?: readonly { readonly content: string }[];
  readonly licenses?: readonly object[];
}

const text = sbom("2026-12-01T00:00:00Z");
const { components, dependencies, metadata } = JSON.parse(text) as {
  components: readonly Component[];
  dependencies: readonly { ref: string; dependsOn?: readonly string[] }[];
  metadata: { component: Component; timestamp: string };
};
const refs = components.map((component) => component["bom-ref"]);

test("every dependency is there in the version of package.json, with its digest and its licence; no tool of development is", () => {
  for (const [name, version] of Object.entries(pack.dependencies)) expect(refs).toContain(`${name}@${version}`);
  for (const [name, version] of Object.entries(pack.devDependencies)) expect(refs).not.toContain(`${name}@${version}`);
  for (const { "bom-ref": ref, hashes, licenses, purl } of components) {
    expect(purl).toStartWith("pkg:npm/");
    expect([ref, licenses?.length]).toEqual([ref, 1]);
    if (ref.startsWith("bun@")) continue;
    expect([ref, hashes?.[0]?.content.length]).toEqual([ref, 128]);
  }
  expect(refs).toContain("bun@1.4.5");
});

test("whatever is listed is needed by the program, directly or by way of others", () => {
  const needed = new Set<string>();
  const visit = (ref: string): void => {
    if (needed.has(ref)) return;
    needed.add(ref);
    for (const next of dependencies.find((one) => one.ref === ref)?.dependsOn ?? []) visit(next);
  };
  visit(metadata.component["bom-ref"]);
  expect([...needed].sort()).toEqual([...refs, metadata.component["bom-ref"]].sort());
});

test("the same commit gives the same text", () => {
  expect(sbom("2026-12-01T00:00:00Z")).toBe(text);
  expect(metadata.timestamp).toBe("2026-12-01T00:00:00.000Z");
  expect(text).not.toContain("serialNumber");
});
