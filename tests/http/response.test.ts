import { expect, test } from "bun:test";
import { rejection, testHttp } from "../support/http.ts";
import { serveFiles } from "../support/upstream.ts";

const text = new TextEncoder().encode("hello");
const files = { "/a": text };

test("a body that is cut while it is read is asked for anew; one that is too long is refused", async () => {
  await using upstream = await serveFiles(files);
  upstream.script("/a", { fault: "hold", until: Promise.resolve() }, { fault: "cut", after: 0 });
  const { http } = testHttp();
  const url = `${upstream.url}/a`;
  await (await http.send({ url })).bytes(5);
  upstream.script("/a", { fault: "cut", after: 2 });
  expect(await (await http.send({ url })).bytes(5)).toEqual(text);
  expect((await rejection((await http.send({ url })).bytes(4))).message).toContain("longer than 4 bytes");
  upstream.script("/a", { fault: "endless" });
  expect((await rejection((await http.send({ url })).bytes(100_000))).message).toContain("longer than 100000 bytes");
});

test("HEAD has headers and no body, and gives its connection back by itself", async () => {
  await using upstream = await serveFiles(files);
  const { http } = testHttp({ connections: 1 });
  for (let time = 0; time < 3; time++) {
    const { status: code, headers } = await http.send({ url: `${upstream.url}/a`, method: "HEAD" });
    expect([code, headers.get("content-length")]).toEqual([200, "5"]);
  }
  expect(upstream.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "HEAD"]);
});
