import { expect, test } from "bun:test";
import { refuseMalformed } from "../../src/serve/well-formed.ts";

const status = async (host: string | undefined, url: string): Promise<number> => {
  const request = { url, headers: new Headers(host === undefined ? {} : { host }) } as Request;
  const client = { address: () => "", listener: "files", secure: false };
  return (await refuseMalformed(() => new Response("taken"))(request, client)).status;
};

test.each([
  [undefined, 200],
  ["", 200],
  ["kso.site", 200],
  ["kso.site.:8080", 200],
  ["KSO_1.site", 200],
  ["10.0.0.5:8080", 200],
  ["[fe80::1%25eth0]:5000", 400],
  ["[::1]:5000", 200],
  ["a:", 200],
  ["a%20b,c", 200],
  ["a b", 400],
  ["a/b", 400],
  ["a#b", 400],
  ["a?b", 400],
  ["a\\b", 400],
  ["u@h", 400],
  ["a%zz", 400],
  ["a:b", 400],
  ["a:1:2", 400],
  ["::1", 400],
  ["[::1", 400],
  ["[]", 400],
  ["\u00e4", 400],
  ["a, b", 400],
  ["a\u00a0b", 400],
])("Host %p: %d", async (host, expected) => {
  expect(await status(host, "http://a/health")).toBe(expected);
});

test("a fragment is no part of a target", async () => {
  expect(await status("a", "http://a/health#x")).toBe(400);
  expect(await status("a", "http://a/health%23x")).toBe(200);
});
