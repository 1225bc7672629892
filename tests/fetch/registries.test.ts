// What a registry says about its limits.
import { expect, test } from "bun:test";
import { bench, lockOf, multi, planOf, pulled } from "../support/fetching.ts";

test("Docker Hub's budget is told before it is spent", async () => {
  await using lab = await bench({}, { rateLimit: { limit: 100, remaining: 2 } });
  lab.registry.add("library/nginx", multi, "1");
  const nginx = pulled("library/nginx:1", { image: "docker.io/library/nginx:1" });
  const { failures } = await lab.fetch(planOf(nginx), { mirrors: new Map([["docker.io", [lab.registry.url]]]) });
  expect(failures).toEqual([]);
  expect(lab.notes[0]).toStartWith("Docker Hub: 2 of 100 pulls left");
  expect(lab.notes[0]).toContain("this needs up to 3; that may not be enough");
  // With a lock, too, when the store has nothing.
  const hub = new Map([["docker.io", [lab.registry.url]]]);
  const lock = lockOf(await lab.fetch(planOf(nginx), { mirrors: hub }));
  await using cold = await bench({}, { rateLimit: { limit: 100, remaining: 50 } });
  cold.registry.add("library/nginx", multi, "1");
  const again = await cold.fetch(planOf(nginx), { lock, mirrors: new Map([["docker.io", [cold.registry.url]]]) });
  expect([again.failures, cold.notes]).toEqual([
    [],
    ["Docker Hub: 50 of 100 pulls left within 6 h; this needs up to 3"],
  ]);
});
