import { expect, test } from "bun:test";
import { chooseProxy, parseNoProxy } from "../../src/http/proxy.ts";

test("the proxy is the scheme's own, then ALL_PROXY; lower case first", () => {
  const choose = (env: Record<string, string>, url: string): string | undefined => chooseProxy(env)(new URL(url));
  expect(choose({ HTTP_PROXY: "http://p:1" }, "http://a/")).toBe("http://p:1/");
  expect(choose({ HTTP_PROXY: "http://p:1" }, "https://a/")).toBeUndefined();
  expect(choose({ HTTPS_PROXY: "p:3128" }, "https://a/")).toBe("http://p:3128/");
  expect(choose({ https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, "https://a/")).toBe("http://low:1/");
  expect(choose({ ALL_PROXY: "http://u:p@all:1" }, "https://a/")).toBe("http://u:p@all:1/");
  expect(choose({ ALL_PROXY: "http://all:1", http_proxy: "" }, "http://127.0.0.1/")).toBe("http://all:1/");
  expect(choose({ ALL_PROXY: "http://all:1", no_proxy: "127.0.0.0/8" }, "http://127.0.0.1/")).toBeUndefined();
  expect(() => choose({ all_proxy: "socks5://u:hidden@p:1" }, "http://a/")).toThrow(
    "The environment's all_proxy is not a proxy kso can use; write all_proxy=http://HOST:PORT",
  );
  // One that is not due does no harm.
  expect(choose({ ALL_PROXY: "socks5://p:1", https_proxy: "http://p:1" }, "https://a/")).toBe("http://p:1/");
});

const listed: readonly (readonly [string, string, boolean])[] = [
  ["*", "https://anything/", true],
  ["example.com", "https://example.com/", true],
  ["example.com", "https://www.EXAMPLE.com./", true],
  ["example.com", "https://notexample.com/", false],
  [".example.com", "https://a.example.com/", true],
  ["*.example.com", "https://a.example.com/", true],
  ["a, b  c.d", "https://c.d/", true],
  ["host:8080", "http://host:8080/", true],
  ["host:8080", "http://host/", false],
  ["host:443", "https://host/", true],
  ["10.0.0.0/8", "http://10.9.8.7/", true],
  ["10.0.0.0/8", "http://11.0.0.1/", false],
  ["192.168.1.128/25", "http://192.168.1.127/", false],
  ["192.168.1.128/25", "http://192.168.1.200/", true],
  ["0.0.0.0/0", "http://1.2.3.4/", true],
  ["0.0.0.0/0", "http://name/", false],
  ["10.0.0.0/33", "http://10.0.0.1/", false],
  ["0.0.1", "http://127.0.0.1/", false],
  ["::1", "http://[::1]:80/", true],
  ["[::1]:8080", "http://[::1]:8080/", true],
  ["", "http://127.0.0.1/", false],
  [",.,:,", "http://localhost/", false],
];
test.each(listed)("NO_PROXY=%s and %s: %p", (list, url, direct) => {
  expect(parseNoProxy(list)(new URL(url))).toBe(direct);
});
