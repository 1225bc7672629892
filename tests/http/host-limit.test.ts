import { expect, test } from "bun:test";
import { testHttp } from "../support/http.ts";
import { serveFiles } from "../support/upstream.ts";

const text = new TextEncoder().encode("hello");
const files = { "/a": text };

test("no more connections to one host than said, in the order of asking, and other hosts do not wait", async () => {
  await using other = await serveFiles(files);
  await using upstream = await serveFiles(Object.fromEntries([..."abcdef"].map((name) => [`/${name}`, text])));
  const open = Promise.withResolvers<void>();
  for (const name of "abcdef") upstream.script(`/${name}`, { fault: "hold", until: open.promise });
  const { http } = testHttp({ connections: 2 });
  const all = [..."abcdef"].map(async (name) => await (await http.send({ url: `${upstream.url}/${name}` })).bytes(5));
  await upstream.seen(2);
  expect(await (await http.send({ url: `${other.url}/a` })).bytes(5)).toEqual(text);
  expect(upstream.requests).toHaveLength(2);
  open.resolve();
  expect(await Promise.all(all)).toHaveLength(6);
  expect(upstream.peak).toBe(2);
  expect(upstream.requests.map(({ path }) => path.slice(1)).sort()).toEqual([..."abcdef"]);

  // An answer that is not read yet holds its connection; one that is let go of does not.
  const held = await Promise.all(["a", "b"].map((name) => http.send({ url: `${upstream.url}/${name}` })));
  const third = http.send({ url: `${upstream.url}/c` });
  await (await http.send({ url: `${other.url}/a` })).bytes(5);
  expect(upstream.requests).toHaveLength(8);
  await held[0]?.cancel();
  expect((await third).status).toBe(200);
});
