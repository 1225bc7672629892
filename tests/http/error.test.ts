import { expect, test } from "bun:test";
import net, { type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { classify, HttpError } from "../../src/http/error.ts";
import { memoryTarget, rejection, testHttp } from "../support/http.ts";
import { serveFiles } from "../support/upstream.ts";

const files = { "/a": new TextEncoder().encode("hello") };

test("no secret of a URL is ever shown", async () => {
  await using upstream = await serveFiles(files);
  const secret = `${upstream.url.replace("//", "//user:hidden@")}/none?X-Signature=hidden&b=hidden#hidden`;
  const failure = await rejection(testHttp().http.send({ url: secret }));
  expect(failure.message).toBe(`Cannot fetch ${upstream.url}/none?X-Signature=…&b=…: 404 Not Found`);
  upstream.script("/r", { fault: "redirect", to: secret });
  const redirected = await rejection(testHttp().http.send({ url: `${upstream.url}/r` }));
  expect(redirected.message).toContain("404 Not Found from http://127.0.0.1");
  for (const message of [failure, redirected].map(String)) expect(message).not.toContain("hidden");
  for (const url of ["http://u:hidden@:::/", "u:hidden@host/path?k=hidden", "ftp://u:hidden@host/", "nonsense"]) {
    const { message } = await rejection(testHttp().http.send({ url }));
    expect(message).toStartWith("Cannot fetch ");
    expect(message).not.toContain("hidden");
  }
});

/** What the runtimes really say; Deno wraps it in "fetch failed". */
const messages: readonly (readonly [string, string, boolean])[] = [
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
test.each(messages)("%s", (message, reason, retryable) => {
  const cause = classify(new TypeError("fetch failed", { cause: new Error(message) }));
  if (reason !== "what is this") expect(cause.reason).toContain(reason);
  expect(cause.retryable).toBe(retryable);
});

const ok = "HTTP/1.1 200 OK\r\n";
const endless = (line: string): Iterable<string> => ({
  *[Symbol.iterator]() {
    for (;;) yield line.repeat(100);
  },
});
const malformed = "the answer is malformed, or no HTTP at all";
const cut = "the connection was cut";
const noLength = "the answer has a Content-Length that is no length";
const zeros = gzipSync(new Uint8Array(20_000_000));

/** What a broken server sends, and the reasons that may be given: the runtimes tell some of it apart and some not. */
const brokenServers: readonly (readonly [string, Iterable<string | Uint8Array>, ...string[]])[] = [
  ["text", ["hello there\r\n\r\n"], malformed, cut],
  ["an SSH server's greeting", ["SSH-2.0-OpenSSH_9.9\r\n"], malformed],
  ["a page of HTTP 0.9", ["<html>old</html>"], malformed],
  ["another protocol's status line", ["ICY 200 OK\r\ncontent-length: 2\r\n\r\nok"], malformed],
  ["the preface of HTTP/2", [Uint8Array.of(0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 128)], malformed, cut],
  ["an alert of TLS", [Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70)], malformed, cut],
  ["a status that is no number", ["HTTP/1.1 abc OK\r\n\r\n"], malformed],
  [
    "a status that HTTP does not know",
    ["HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n"],
    "status 999, which HTTP does not know",
  ],
  ["nothing", [], cut],
  ["half a header", [`${ok}content-le`], cut],
  ["a header without a colon", [`${ok}no colon here\r\ncontent-length: 2\r\n\r\nok`], malformed],
  ["NUL in a header", [`${ok}x: a\0b\r\ncontent-length: 2\r\n\r\nok`], malformed],
  ["headers without end", endless(`x: ${"y".repeat(500)}\r\n`), malformed, "the headers of the answer are too long"],
  ["one header without end", endless("y".repeat(1000)), malformed, cut, "the headers of the answer are too long"],
  [
    "a switch to another protocol",
    ["HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    malformed,
    "101 Switching Protocols",
  ],
  ["a chunk without a size", [`${ok}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`], malformed, cut],
  ["a negative chunk", [`${ok}transfer-encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n`], malformed, cut],
  [
    "a chunk of more than there is",
    [`${ok}transfer-encoding: chunked\r\n\r\n${"f".repeat(20)}\r\nabc`],
    malformed,
    cut,
  ],
  ["half a chunk", [`${ok}transfer-encoding: chunked\r\n\r\n5\r\nab`], cut],
  ["fewer bytes than it says", [`${ok}content-length: 100\r\n\r\nabc`], cut],
  ["a negative length", [`${ok}content-length: -5\r\n\r\nabc`], noLength],
  ["a length in words", [`${ok}content-length: abc\r\n\r\nabc`], noLength],
  ["two lengths", [`${ok}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`], noLength],
  ["a length beyond all numbers", [`${ok}content-length: ${"9".repeat(30)}\r\n\r\nabcd`], noLength],
  [
    "gzip that is none",
    [`${ok}content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc`],
    'the server sends it encoded as "gzip"',
  ],
  [
    "20 MB of zeros in a few bytes",
    [`${ok}content-encoding: gzip\r\ncontent-length: ${zeros.length}\r\n\r\n`, zeros],
    'the server sends it encoded as "gzip"',
  ],
  [
    "a redirect without an end",
    ["HTTP/1.1 302 X\r\nlocation: /a\r\n\r\n", ...Array(50).fill("x".repeat(65_536))],
    "it redirects in a circle",
  ],
  ["an error page without an end", ["HTTP/1.1 404 X\r\n\r\n", ...Array(50).fill("x".repeat(65_536))], "404 Not Found"],
];

test.each(brokenServers)("a server that answers with %s: said in kso's own words", async (_, parts, ...reasons) => {
  await using server = await rawServer(parts);
  const url = `${server.url}/a`;
  const { http } = testHttp({ attempts: 1 });
  const read = async (): Promise<unknown> => await (await http.send({ url })).bytes(1000);
  const limits = { told: 1e6, untold: 1e6 };
  const download = (): Promise<unknown> => http.download({ url }, memoryTarget(), { limits });
  for (const attempt of [read, download]) {
    const failure = await rejection(attempt());
    expect(failure).toBeInstanceOf(HttpError);
    const reason = failure.message.replace(`Cannot fetch ${url}: `, "").replace(/ ?(?:, back to .*|, although.*)$/, "");
    expect(reasons).toContain(reason);
  }
});

test("an error that nobody has seen is named by its code, and by no library's sentence", () => {
  const inner = Object.assign(new Error('NeverSeen fetching "http://h/". For more information, pass `verbose: true`'), {
    code: "NeverSeen",
  });
  const outer = new Error('[GET] "http://h/": <no response> NeverSeen', { cause: inner });
  expect(classify(outer)).toEqual({ reason: "the request failed (NeverSeen)", retryable: true });
  expect(classify(new Error("what is this"))).toEqual({ reason: "the request failed", retryable: true });
});

test.each([
  [407, "the proxy wants a user and a password", 1],
  [403, "the proxy refuses the connection", 5],
])("a proxy that answers CONNECT with %d is named", async (status, reason, attempts) => {
  await using proxy = await rawServer([`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`]);
  const { http } = testHttp({ env: { https_proxy: proxy.url } });
  const failure = await rejection(http.send({ url: "https://files.test/a" }));
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  const host = proxy.url.replace("http://", "");
  expect(failure.message).toBe(`Cannot fetch https://files.test/a: ${reason}, through the proxy ${host}${tries}`);
});

/** A server that answers each request with these bytes, and closes. */
async function rawServer(parts: Iterable<string | Uint8Array>): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<net.Socket>();
  const send = async (socket: net.Socket): Promise<void> => {
    for (const part of parts) {
      if (socket.destroyed) return;
      await new Promise((resolve) => {
        socket.once("close", resolve);
        socket.write(part, resolve);
      });
    }
    socket.end();
  };
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.setMaxListeners(0);
    socket.on("error", () => undefined);
    socket.once("data", () => void send(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
