import { expect, test } from "bun:test";
import { classify } from "../../src/http/error.ts";
import { rejection, testHttp } from "../support/http.ts";
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
