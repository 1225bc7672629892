// A public mirror may say anything of a tag, once. Its origin is asked where it answers, and what nobody vouched for is named.
import { expect, test } from "bun:test";
import { withPreset } from "../../src/plan/mirrors.ts";
import { bench, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample, testHttp } from "../support/http.ts";
import { image } from "../support/images.ts";
import { startRegistry } from "../support/registry.ts";

const forged = image({
  platforms: { "linux/amd64": { layers: [sample(40, 1)] }, "linux/arm64": { layers: [sample(40, 2)] } },
});

test("a mirror's tag is held against its origin: the origin is believed, by name", async () => {
  await using servers = await bench();
  const origin = await startRegistry();
  try {
    const host = new URL(origin.url).host;
    origin.add("team/app", multi, "1");
    origin.add("team/same", multi, "1");
    servers.registry.add("team/app", forged, "1");
    servers.registry.add("team/same", multi, "1");
    const plan = planOf(
      pulled("team/app:1", { image: `${host}/team/app:1` }),
      pulled("team/same:1", { image: `${host}/team/same:1` }),
    );
    const mirrors = withPreset(new Map(), { mirrors: { [host]: [servers.registry.url] } });
    const lock = lockOf(await servers.fetch(plan, { mirrors }));
    expect(lock.images.map(({ root }) => root.digest)).toEqual([multi.root.digest, multi.root.digest]);
    expect(servers.notes).toEqual([
      `${host}/team/app:1: a mirror says ${forged.root.digest}, and ${host} itself ${multi.root.digest}, which is taken`,
    ]);
    // What the mirror has by its digest comes from there.
    expect(origin.log.filter((line) => /GET .*team\/same/.test(line))).toEqual([]);
  } finally {
    await origin.close();
  }
});

test("an origin that does not answer is asked once, and what a mirror alone vouches for is named", async () => {
  await using servers = await bench({ "files.test/tool": sample(700) });
  for (const name of ["team/a", "team/b", "team/c", "team/d"]) servers.registry.add(name, multi, "1");
  const pinned = file("pinned", digestOf(sample(700)));
  const plan = planOf(
    ...["a", "b", "c", "d"].map((name) => pulled(`team/${name}:1`, { image: `127.0.0.1:1/team/${name}:1` })),
    file("tool", undefined),
    { ...pinned, url: "https://files.test/tool", path: "files.test/tool", name: "tool" },
  );
  const mirrors = withPreset(new Map(), {
    mirrors: { "127.0.0.1:1": [servers.registry.url], "files.test": [`${servers.upstream.url}/files.test`] },
  });
  const { http } = testHttp();
  const asked: string[] = [];
  const probe = {
    ...http,
    send: (...args: Parameters<typeof http.send>) => {
      asked.push(args[0].url);
      return http.send(...args);
    },
  };
  const { lock } = await servers.fetch(plan, { mirrors, probe, jobs: 1 });
  expect(asked.filter((url) => url.includes("127.0.0.1:1/"))).toHaveLength(1);
  expect(lockOf({ lock }).images).toHaveLength(4);
  expect(servers.notes).toEqual([
    "5 items were pinned on first sight from a mirror, since their origin did not answer or publishes no digest: 127.0.0.1:1/team/a:1, 127.0.0.1:1/team/b:1, 127.0.0.1:1/team/c:1 and 2 more",
  ]);
  // With the lock nothing is seen for the first time.
  await servers.fetch(plan, { mirrors, lock });
  expect(servers.notes).toEqual([]);
});
