// The small texts: netrc, proxies, Content-Range, Retry-After, and what runtimes say when something fails.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { classify } from "../../src/http/error.ts";
import { parseNetrc } from "../../src/http/netrc.ts";
import { chooseProxy, exceptions } from "../../src/http/proxy.ts";
import { parseContentRange, parseRetryAfter, validatorOf } from "../../src/http/ranges.ts";

test("netrc: machines, a default, quotes, several lines, macros, comments", () => {
  const find = parseNetrc(`
# machine commented login no password no
machine one.example login me password "a \\"b\\" c"
machine two.example
  login you account unused
  password #notacomment
macdef init
  machine macro.example login no password no

machine one.example login later password later
default login anonymous password guest
`);
  expect(find("ONE.example")).toEqual({ username: "me", password: 'a "b" c' });
  expect(find("two.example")).toEqual({ username: "you", password: "#notacomment" });
  for (const host of ["macro.example", "commented", "elsewhere"])
    expect(find(host)).toEqual({ username: "anonymous", password: "guest" });
  expect(parseNetrc("machine a login b password c")("x")).toBeUndefined();
  expect(parseNetrc("machine")("x")).toBeUndefined();
});

test("netrc: any words come back, and no text makes it fail", () => {
  const word = fc.string({ unit: "grapheme-ascii", minLength: 1 });
  const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;
  fc.assert(
    fc.property(word, word, (login, password) => {
      const text = `machine m login ${quoted(login)} password ${quoted(password)}`;
      expect(parseNetrc(text)("m")).toEqual({ username: login, password });
    }),
  );
  fc.assert(fc.property(fc.string(), fc.string(), (text, host) => void parseNetrc(text)(host)));
});

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
  expect(exceptions(list)(new URL(url))).toBe(direct);
});

test("Content-Range: what is written comes back; what contradicts itself does not", () => {
  const ordered = fc.array(fc.maxSafeNat(), { minLength: 3, maxLength: 3 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(ordered, fc.boolean(), ([start, end, last], open) => {
      const total = open || (last as number) <= (end as number) ? undefined : last;
      const text = `bytes ${start}-${end}/${total ?? "*"}`;
      expect(parseContentRange(text)).toEqual({ start, end, total } as never);
      expect(parseContentRange(`bytes ${start}-${end}/${end}`)).toBeUndefined();
      if (start !== end) expect(parseContentRange(`bytes ${end}-${start}/*`)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const range = parseContentRange(text);
      expect(range === undefined || /^bytes /i.test(text.trim())).toBeTrue();
    }),
  );
  expect(parseContentRange("bytes */10")).toEqual({ start: undefined, end: undefined, total: 10 });
  for (const text of ["bytes */*", "bytes 1-2", "bytes -1-2/3", "items 1-2/3", `bytes 0-1/${"9".repeat(30)}`, null])
    expect(parseContentRange(text)).toBeUndefined();
});

test("Retry-After: seconds and dates; anything else is nothing", () => {
  const day = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(day, day, (then, now) => {
      const whole = Math.floor(then.getTime() / 1000) * 1000;
      expect(parseRetryAfter(then.toUTCString(), now.getTime())).toBe(Math.max(0, whole - now.getTime()));
    }),
  );
  fc.assert(fc.property(fc.nat(), (seconds) => expect(parseRetryAfter(` ${seconds} `, 5)).toBe(seconds * 1000)));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = parseRetryAfter(text, 0);
      expect(ms === undefined || ms >= 0).toBeTrue();
    }),
  );
  for (const text of ["-1", "1.5", "soon", "Tue, 24 Nov 2026", "", null])
    expect(parseRetryAfter(text, 0)).toBeUndefined();
});

test("a validator is a strong ETag, or else Last-Modified", () => {
  const lastModified = "Tue, 24 Nov 2026 03:44:32 GMT";
  expect(validatorOf(new Headers({ etag: '"a"', "last-modified": lastModified }))).toBe('"a"');
  expect(validatorOf(new Headers({ etag: 'W/"a"', "last-modified": lastModified }))).toBe(lastModified);
  expect(validatorOf(new Headers({ etag: "bare" }))).toBeUndefined();
});

/** What the runtimes really say; Deno wraps it in "fetch failed". */
const said: readonly (readonly [string, string, boolean])[] = [
  ["getaddrinfo EAI_AGAIN example.org", "the host's name cannot be resolved now", true],
  ["dns error: failed to lookup address information: Temporary failure in name resolution", "cannot be resolved", true],
  ["dns error: failed to lookup address information: Name or service not known", "there is no such host", false],
  ["getaddrinfo ENOTFOUND no-such-host.invalid", "there is no such host", false],
  ["client error (Connect): invalid peer certificate: UnknownIssuer", "not trusted", false],
  ["unable to verify the first certificate", "not trusted", false],
  ["client error (Connect): invalid peer certificate: Expired: certificate expired", "has expired", false],
  ["tcp connect error: Connection refused (os error 111)", "connection refused", true],
  ["client error (SendRequest): connection closed before message completed", "the connection was cut", true],
  ["error sending request for url (http://h/certificate-CERT_): what is this", "what is this", true],
  ["Url scheme 'ftp' not supported", "not one that can be fetched", false],
];
test.each(said)("%s", (message, reason, retryable) => {
  const meaning = classify(new TypeError("fetch failed", { cause: new Error(message) }));
  if (reason !== "what is this") expect(meaning.reason).toContain(reason);
  expect(meaning.retryable).toBe(retryable);
});
