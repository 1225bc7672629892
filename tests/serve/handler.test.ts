import { expect, test } from "bun:test";
import { routed, targetOf } from "../../src/serve/handler.ts";

test.each([
  ["http://a:8080/health", "/health", ""],
  ["http://a/x/health?y=/z?", "/x/health", "y=/z?"],
  ["http://a//x", "//x", ""],
  ["http://a", "/", ""],
  ["http://a?x=/health", "/", "x=/health"],
  ["https://[::1]:1/a?", "/a", ""],
  // What Bun gives for a request without Host, or with one that is no host.
  ["/health", "/health", ""],
  ["/x/health?y", "/x/health", "y"],
  ["/x?next=http://b/health", "/x", "next=http://b/health"],
  ["//x/health", "//x/health", ""],
  ["/a://b/health", "/a://b/health", ""],
])("the target of %s", (url, path, query) => {
  expect(targetOf({ url } as Request)).toEqual({ path, query });
});

test("what no route takes is not found by who reads, and refused to who does not", async () => {
  const client = { address: () => "", listener: "registry", secure: false };
  const status = async (method: string): Promise<[number, string | null]> => {
    const response = await routed([() => undefined])(new Request("http://a/x", { method }), client);
    return [response.status, response.headers.get("allow")];
  };
  expect(await status("GET")).toEqual([404, null]);
  expect(await status("POST")).toEqual([405, "GET, HEAD"]);
});
