// `kso releases`: what kso knows, as a table and as JSON.
import { expect, test } from "bun:test";
import { releasesCommand } from "../../../src/cli/commands/releases.ts";
import { run } from "../../support/command.ts";
import { catalog } from "../../support/plan.ts";

test("each release is there with its Kubernetes versions and what it lists, newest first", async () => {
  const { data, error } = await run(releasesCommand, "--json");
  expect(error).toBeUndefined();
  const { schema, releases } = JSON.parse(data);
  expect(schema).toBe("kso.releases/1");
  expect(releases.map(({ version }: { version: string }) => version)).toEqual([...catalog.releases].reverse());
  expect(releases.find(({ version }: { version: string }) => version === "2.25.1")).toMatchObject({
    date: "2024-10-25",
    kubernetes: { default: "1.29.10", versions: expect.arrayContaining(["1.29.10", "1.27.0"]) },
    ...{ components: 46, files: 43, images: 57, embedded: true },
  });
});

test("the table has a row a release", async () => {
  const { data } = await run(releasesCommand);
  expect(data).toMatch(/^KUBESPRAY +DATE +KUBERNETES/);
  expect(data).toMatch(/^2\.25\.1 +2024-10-25 +1\.27\.0 to 1\.29\.10 +1\.29\.10 +46 +43 +57 +kso$/m);
});
