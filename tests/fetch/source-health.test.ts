// Hosts that do not answer are asked last, until they answer again.
import { expect, test } from "bun:test";
import { isRetryable, originOf, SourceHealth, withHealth } from "../../src/fetch/source-health.ts";
import { cannotFetch } from "../../src/http/error.ts";
import type { Http } from "../../src/http/http.ts";
import type { HttpResponse } from "../../src/http/request.ts";

const source = (url: string): { readonly url: string } => ({ url });
const [first, second, other] = ["https://one.test/a", "https://two.test/a", "https://one.test/b"].map(source);

test("one that is down is last, under every name on its host, and no longer when it has answered", () => {
  if (!(first && second && other)) throw new Error("no sources");
  const health = new SourceHealth();
  expect(health.inOrder([first, second])).toEqual([first, second]);
  health.markDown(first);
  expect([health.isDown(other), health.isDown(second)]).toEqual([true, false]);
  expect(health.inOrder([first, other, second])).toEqual([second, first, other]);
  health.markUp(other);
  expect(health.isDown(first)).toBeFalse();
  expect(health.inOrder([first, second])).toEqual([first, second]);
});

test("an origin is scheme, host and port; what is no URL is its own", () => {
  expect(originOf("https://one.test:8443/a?b")).toBe("https://one.test:8443");
  expect(originOf("http://one.test:8443/a")).not.toBe(originOf("https://one.test:8443/a"));
  expect(originOf("nowhere")).toBe("nowhere");
});

test("only what the network did may pass", () => {
  expect(isRetryable(cannotFetch("https://one.test/a", "503", { retryable: true }))).toBeTrue();
  expect(isRetryable(cannotFetch("https://one.test/a", "404"))).toBeFalse();
  expect(isRetryable(new Error("no room"))).toBeFalse();
});

test("a host that has failed all tries gets one try for each further request, until it responds", async () => {
  const sent: (number | undefined)[] = [];
  let down = true;
  const inner: Http = {
    async send({ url, attempts }) {
      sent.push(attempts);
      if (down) throw cannotFetch(url, "503", { retryable: true });
      return { status: 200 } as HttpResponse;
    },
    download: () => Promise.reject(new Error("no downloads here")),
  };
  const http = withHealth(inner);
  const url = "https://one.test/a";
  for (let request = 0; request < 3; request++) await http.send({ url }).catch(() => undefined);
  await http.send({ url: "https://two.test/a" }).catch(() => undefined);
  down = false;
  for (let request = 0; request < 2; request++) await http.send({ url });
  expect(sent).toEqual([undefined, 1, 1, undefined, 1, undefined]);
});
