// Before the first byte: names, projects, rights, and what is no registry.
import { expect, test } from "bun:test";
import { rejection } from "../support/http.ts";
import { nginx, pushBench, threeImages, twoImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";

const bench = pushBench(threeImages);
const small = pushBench(twoImages);

test("a registry with one level of names: --map flatten is offered before the first byte", async () => {
  const target = await bench.start({ nested: false });
  const cause = await rejection(bench.push(target));
  expect(cause.message).toContain("--map flatten");
  expect(cause.message).toContain("nothing was sent");
  expect(target.stored).toEqual([]);
  expect((await bench.push(target, { map: "flatten" })).failed).toEqual([]);
});

test("of a group of names the deepest is probed", async () => {
  const target = await bench.start({ nested: false });
  const cause = await rejection(pushTo(held(bench.path, { "docker.io/x/y:1": nginx, "quay.io/x:1": nginx }), target));
  expect(cause.message).toContain('"x/y"');
  expect(target.stored).toEqual([]);
});

test.each<[string, Record<string, string>, string]>([
  ["nowhere", {}, "does not say where the upload goes"],
  ["to what is not the web", { location: "file:///etc/passwd" }, "not the web"],
])("an upload that is sent %s", async (_, headers, words) => {
  const target = await small.start();
  target.always(/^POST .*library\/app/, { status: 202, headers });
  const cause = await rejection(small.push(target));
  expect(cause.message).toContain(words);
  expect(target.stored).toEqual([]);
});

const credentials = {
  find: async () => ({ kind: "basic", username: "ann", password: "secret", source: "auth.json" }) as const,
};

test("tokens: one for a repository, with pull and push", async () => {
  const users = { ann: { password: "secret", may: () => "pull,push" } };
  const target = await small.start({ users });
  expect((await small.push(target, { credentials })).failed).toEqual([]);
  const bought = target.log.filter((line) => line.includes("/token?"));
  expect(bought.filter((line) => line.includes("library%2Fapp%3Apull%2Cpush")).length).toBe(1);
  await expect(rejection(small.push(target, {}))).resolves.toMatchObject({ code: "remote" });
});

test("a user who may read and not push: named before the first byte, with where the credentials are from", async () => {
  const users = {
    ann: {
      password: "secret",
      may: (repository: string) => (repository.startsWith("library/") ? "pull" : "pull,push"),
    },
  };
  const target = await small.start({ users });
  const cause = await rejection(small.push(target, { credentials }));
  expect(cause).toMatchObject({ code: "remote" });
  for (const words of ['"library/app"', "401 Unauthorized, with credentials", "auth.json", "nothing was sent"])
    expect(cause.message).toContain(words);
  expect(cause.message).not.toContain("calico");
  expect(target.stored).toEqual([]);
});

test("wrong credentials, and none", async () => {
  const users = { ann: { password: "other", may: () => "pull,push" } };
  const target = await small.start({ users });
  expect((await rejection(small.push(target, { credentials }))).message).toContain(
    "refuses the credentials of auth.json",
  );
  expect((await rejection(small.push(target))).message).toContain("docker login");
});

test("an address without a registry is reported as one", async () => {
  const target = await small.start();
  target.always(/./, { status: 404 });
  expect((await rejection(small.push(target))).message).toContain("there is no registry at this address");
});
