// What `kso serve` makes of requests, byte by byte: RFC 9110 and 9112 on either runtime, with nginx beside it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { type Server, serveDirectory } from "../support/containers.ts";
import { answersTo, answerTo, type HandAnswer } from "../support/hand.ts";
import { sealed } from "../support/sealed.ts";
import { noise } from "../support/seed.ts";
import { type Service, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const file = noise("file", 1_300_000);
const path = "/k8s/a.example/file";
let nginx: Server;

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  const files = [
    ["a.example/file", file],
    ["a.example/empty", Buffer.alloc(0)],
  ] as const;
  const sample = sampleLock(at("blobs"), { images: sampleOptions().images, files });
  await sealed(folder.path, "whole.tar", { sample });
  await sealed(folder.path, "split.tar", { sample, split: 1 << 20 });
  mkdirSync(at("nginx-root", "k8s", "a.example"), { recursive: true });
  writeFileSync(at("nginx-root", "health"), "OK\n");
  writeFileSync(at("nginx-root", path), file);
  nginx = await serveDirectory(at("nginx"), at("nginx-root"));
}, 60_000);
afterAll(async () => {
  await nginx.stop();
  folder[Symbol.dispose]();
});

const start = (
  names: readonly string[],
  flags: readonly string[] = [],
  way: "binary" | "deno" = "binary",
): Promise<Service> => startService(folder.path, [...names.map((name) => at(name)), ...flags], {}, way);

const get = (target: string, more = "", version = "1.1"): string => `GET ${target} HTTP/${version}\r\n${more}\r\n`;
const host = "Host: kso.site:8080\r\n";
const close = "Connection: close\r\n";

/** A request and what is answered by the binary, from the source on Deno, and by nginx. One number: by all of them. */
type Row = readonly [request: string, status: number | readonly [bun: number, deno: number, nginx: number]];

const health: Readonly<Record<string, Row>> = {
  "HTTP/1.0 without a Host": [get("/health", "", "1.0"), 200],
  "HTTP/1.0 with a Host": [get("/health", host, "1.0"), 200],
  "HTTP/1.0 that would keep the connection": [get("/health", `${host}Connection: keep-alive\r\n`, "1.0"), 200],
  // Deno does not say which version a request has.
  "HTTP/1.1 without a Host": [get("/health"), [400, 200, 400]],
  "an empty Host": [get("/health", "Host:\r\n"), [200, 200, 400]],
  "a Host with a space": [get("/health", "Host: a b\r\n"), 400],
  "a Host with a slash": [get("/health", "Host: a/b\r\n"), 400],
  "a Host with a number sign": [get("/health", "Host: a#b\r\n"), [400, 400, 200]],
  "a Host with a question mark": [get("/health", "Host: a?b\r\n"), [400, 400, 200]],
  "a Host with a user": [get("/health", "Host: u@h\r\n"), [400, 400, 200]],
  "a Host that is not ASCII": [get("/health", "Host: \xe4\r\n"), [400, 400, 200]],
  "a Host with a control character": [get("/health", "Host: a\x01b\r\n"), 400],
  "a Host without a port after its colon": [get("/health", "Host: a:\r\n"), 200],
  "an IPv6 address as Host": [get("/health", "Host: [::1]:8080\r\n"), 200],
  "two Hosts": [get("/health", "Host: a\r\nHost: b\r\n"), 400],
  "the same Host twice": [get("/health", "Host: a\r\nHost: a\r\n"), 400],
  "a second Host that is empty": [get("/health", "Host: a\r\nHost:\r\n"), 400],
  "a whole URL": [get("http://b/health", host), 200],
  "a whole URL with https": [get("https://b:1/health?x", host), 200],
  "a query": [get("/health?x=/y", host), 200],
  "a fragment": [get("/health#x", host), [400, 400, 200]],
  "another path that ends so": [get("/x/health", host), 404],
  "another path that ends so, by HTTP/1.0": [get("/x/health", "", "1.0"), 404],
  "two slashes": [get("//x/health", host), 404],
  "a percent-encoded slash": [get("/x%2fhealth", host), 404],
  "a percent-encoded NUL": [get("/health%00", host), [404, 404, 400]],
  "a dot at its end": [get("/health.", host), 404],
  "a slash at its end": [get("/health/", host), 404],
  // Bun and nginx take dot segments out, Deno leaves them.
  "dot segments": [get("/x/../health", host), [200, 404, 200]],
  "percent-encoded dot segments": [get("/x/%2e%2e/health", host), [200, 404, 200]],
};

const odd: Readonly<Record<string, Row>> = {
  "an unknown method": [`FOO /health HTTP/1.1\r\n${host}\r\n`, 405],
  "an unknown method by HTTP/1.0": ["FOO /x/health HTTP/1.0\r\n\r\n", 405],
  "an unknown method with a body": [`FOO /health HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 405],
  "a method in small letters": [`get /health HTTP/1.1\r\n${host}\r\n`, [405, 405, 400]],
  TRACE: [`TRACE /health HTTP/1.1\r\n${host}\r\n`, 405],
  PROPFIND: [`PROPFIND /health HTTP/1.1\r\n${host}\r\n`, 405],
  POST: [`POST /health HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc`, 405],
  "POST in chunks": [`POST /health HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, 405],
  "POST that waits": [`POST /health HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 3\r\n\r\n`, 405],
  CONNECT: ["CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", [405, 405, 400]],
  "OPTIONS for the server itself": [`OPTIONS * HTTP/1.1\r\n${host}\r\n`, [400, 405, 400]],
  "GET of an asterisk": [get("*", host), 400],
  "a target without a slash": [get("health", host), 400],
  "a space in the target": [get("/a b", host), [505, 400, 400]],
  "a NUL in the target": [get("/a\0b", host), [505, 400, 400]],
  "HTTP/2.0 in text": [get("/health", host, "2.0"), [505, 400, 505]],
  "HTTP/1.2": [get("/health", host, "1.2"), [505, 400, 200]],
  "a length that is none": [get("/health", `${host}Content-Length: x\r\n`), 400],
  "a negative length": [get("/health", `${host}Content-Length: -1\r\n`), 400],
  "two lengths": [`${get("/health", `${host}Content-Length: 1\r\nContent-Length: 2\r\n`)}ab`, 400],
  "a length and chunks": [
    `${get("/health", `${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`)}0\r\n\r\n`,
    400,
  ],
  "an unknown coding": [get("/health", `${host}Transfer-Encoding: xchunked\r\n`), [400, 400, 501]],
  "a space before the colon": [get("/health", "Host : a\r\n"), 400],
  "a folded header": [get("/health", `${host}X: a\r\n b\r\n`), 400],
  "a header of 100 kB": [get("/health", `${host}X: ${"a".repeat(100_000)}\r\n`), [431, 400, 400]],
  "a target of 100 kB": [get(`/${"a".repeat(100_000)}`, host), [431, 400, 414]],
};

/** What Bun's own parser refuses, before kso sees it; it writes no Date there. */
const parserStatuses = new Set([400, 413, 431, 505]);

const peers = ["binary", "deno", "nginx"] as const;
describe.each(peers)("%s", (peer) => {
  const column = peers.indexOf(peer);
  test("every request is answered as the RFCs have it, with a date", async () => {
    await using service = peer === "nginx" ? undefined : await start(["whole.tar"], [], peer);
    const ports = service ? [service.files, service.registry] : [`http://127.0.0.1:${nginx.port}`];
    for (const url of ports)
      for (const [what, [request, expected]] of Object.entries({ ...health, ...odd })) {
        const { status, headers, body } = await answerTo(url, request);
        expect([what, status]).toEqual([what, typeof expected === "number" ? expected : (expected[column] as number)]);
        if (!service) continue;
        if (status === 200) expect([what, body]).toEqual([what, "OK\n"]);
        if (status === 405) expect([what, headers["allow"]]).toEqual([what, "GET, HEAD"]);
        const isBare = peer === "binary" && parserStatuses.has(status) && body === "";
        expect([what, Number.isNaN(Date.parse(headers["date"] ?? ""))]).toEqual([what, isBare]);
      }
  }, 120_000);
});

describe.each(["binary", "deno"] as const)("%s", (way) => {
  test("HEAD has the headers of GET, all of them and a date once", async () => {
    await using service = await start(["whole.tar"], [], way);
    const root = "/v2/pause/manifests/3.10";
    const { headers: manifest } = await answerTo(service.registry, get(root, host));
    for (const [url, target, more = ""] of [
      ...["/", "/health", "/metrics", "/missing", "/k8s/", path, "/k8s/a.example/empty", "/k8s/none", "/none"].map(
        (name) => [service.files, name] as const,
      ),
      [service.files, path, 'If-None-Match: "x", *\r\n'] as const,
      [service.files, path, 'If-Match: "x"\r\n'] as const,
      [service.files, path, "Host: a b\r\n"] as const,
      ...["/health", "/v2/", "/v2/_catalog", root, "/v2/pause/tags/list", "/v2/none/tags/list", "/v2/x", "/x"].map(
        (name) => [service.registry, name] as const,
      ),
      [service.registry, `/v2/pause/manifests/${manifest["docker-content-digest"]}`] as const,
      [service.registry, `/v2/pause/referrers/${manifest["docker-content-digest"]}`] as const,
    ]) {
      const fields = more.startsWith("Host") ? more : `${host}${more}`;
      const whole = await answerTo(url, get(target, `${fields}${close}`));
      const head = await answerTo(url, `HEAD ${target} HTTP/1.1\r\n${fields}${close}\r\n`);
      const fieldsOf = ({ headers: { date, ...headers } }: HandAnswer): Record<string, string> =>
        // The metrics count the request for them.
        target === "/metrics" ? { ...headers, "content-length": "" } : headers;
      expect([target, head.status, fieldsOf(head)]).toEqual([target, whole.status, fieldsOf(whole)]);
      for (const { headers } of [whole, head])
        expect(headers["date"]).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    }
  }, 60_000);

  test("whatever the path, what does not only read is refused with Allow and a date", async () => {
    await using service = await start(["whole.tar"], [], way);
    const pages = [
      "/",
      "/metrics",
      "/missing",
      "/ca.pem",
      "/k8s/",
      path,
      "/none",
      "/v2/",
      "/v2/_catalog",
      "/v2/x/tags/list",
    ];
    for (const url of [service.files, service.registry])
      for (const target of pages)
        for (const method of ["POST", "FOO", "OPTIONS"]) {
          const { status, headers } = await answerTo(url, `${method} ${target} HTTP/1.1\r\n${host}\r\n`);
          const refused = [method, target, status, headers["allow"], headers["date"] !== undefined];
          expect(refused).toEqual([method, target, 405, "GET, HEAD", true]);
        }
  }, 60_000);

  test("requests that come together are answered in order, bodies between them are skipped", async () => {
    const log = at(`${way}.log`);
    await using service = await start(["whole.tar"], ["--access-log", "json", "--access-log-file", log], way);
    const requests = [
      get("/health", host),
      `HEAD ${path} HTTP/1.1\r\n${host}\r\n`,
      `POST /x HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n`,
      `FOO /x HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nGET /`,
      get(path, `${host}Range: bytes=1-3\r\n`),
      get("/none", `${host}${close}`),
    ].join("");
    const answers = await answersTo(service.files, requests, 6);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 405, 405, 206, 404]);
    expect(answers[4]?.body).toBe(file.subarray(1, 4).toString("latin1"));
    await service.stop();
    const methods = readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).method);
    // Bun does not say how the method is called that it does not know.
    expect(methods).toEqual(["GET", "HEAD", "POST", way === "binary" ? "-" : "FOO", "GET", "GET"]);
  }, 60_000);

  test("by HTTP/1.0 a file comes whole and never in chunks, out of an archive and of volumes", async () => {
    for (const bundle of ["whole.tar", "split.tar.001"]) {
      await using service = await start([bundle], [], way);
      for (const more of ["", host, `Range: bytes=7-1250000\r\n`]) {
        const { headers, body } = await answerTo(service.files, get(path, more, "1.0"));
        const wanted = more.startsWith("Range") ? file.subarray(7, 1_250_001) : file;
        expect([bundle, headers["transfer-encoding"], Buffer.from(body, "latin1").equals(wanted)]).toEqual([
          ...[bundle, undefined, true],
        ] as never);
      }
    }
  }, 60_000);

  test("a health check by HTTP/1.0 sees the truth while the bundle is damaged, and needs no password", async () => {
    writeFileSync(at("users"), `u:${bcrypt.hashSync("p", 4)}\n`);
    cpSync(at("whole.tar"), at("cut.tar"));
    await using service = await start(["cut.tar"], ["--htpasswd", at("users")], way);
    const check = get("/health", "", "1.0");
    for (const url of [service.files, service.registry]) {
      expect((await answerTo(url, check)).status).toBe(200);
      for (const target of ["/", "/x/health", "/health/x", "//health", "/v2/"])
        expect([target, (await answerTo(url, get(target, "", "1.0"))).status]).toEqual([target, 401]);
      expect((await answerTo(url, get("/health", "Host: a b\r\n"))).status).toBe(400);
    }
    truncateSync(at("cut.tar"), 1000);
    await service.line(/running answers were cut/);
    for (const url of [service.files, service.registry])
      for (const request of [check, get("/health", host), get("/health", "Host:\r\n")]) {
        const { status, body } = await answerTo(url, request);
        expect([status, body]).toEqual([503, expect.stringContaining("and has 1000")]);
      }
  }, 60_000);

  test("with TLS it is the same", async () => {
    await using service = await start(["whole.tar"], ["--tls-self-signed", "127.0.0.1", "--tls-dir", at(way)], way);
    for (const name of ["HTTP/1.0 without a Host", "a Host with a space", "two Hosts", "another path that ends so"]) {
      const [request, status] = health[name] as Row;
      expect([name, (await answerTo(service.files, request)).status]).toEqual([name, status as number]);
    }
    expect((await answerTo(service.registry, `FOO /v2/ HTTP/1.1\r\n${host}\r\n`)).status).toBe(405);
  }, 60_000);
});

test("conditions and ranges as nginx takes them, where it has an opinion", async () => {
  await using service = await start(["whole.tar"]);
  const ours = await answerTo(service.files, get(path, `${host}${close}`));
  const theirs = await answerTo(`http://127.0.0.1:${nginx.port}`, get(path, `${host}${close}`));
  const outcome = async (url: string, fields: string): Promise<unknown[]> => {
    const { status, headers, body } = await answerTo(url, get(path, `${host}${fields}`));
    return [fields, status, headers["content-range"], status === 206 || status === 200 ? body.length : 0];
  };
  for (const fields of [
    "If-None-Match: TAG\r\n",
    "If-None-Match: W/TAG\r\n",
    'If-None-Match: "a", TAG\r\n',
    "If-None-Match: *\r\n",
    'If-None-Match: "a"\r\n',
    'If-None-Match: "a"\r\nRange: bytes=0-3\r\n',
    "If-Match: TAG\r\nRange: bytes=0-3\r\n",
    'If-Match: "a"\r\n',
    "If-Match: *\r\n",
    "If-Range: TAG\r\nRange: bytes=0-3\r\n",
    "If-Range: W/TAG\r\nRange: bytes=0-3\r\n",
    'If-Range: "a"\r\nRange: bytes=0-3\r\n',
    "Range: bytes=5-\r\n",
    "Range: bytes=-5\r\n",
    "Range: bytes=1299999-1400000\r\n",
    "Range: bytes=1300000-\r\n",
    "Range: bytes=-0\r\n",
    "Range: bytes=-1400000\r\n",
    "Range: bytes=0-99999999999\r\n",
    "Range: lines=0-3\r\n",
    "Range: bytes=0-1300000,0-1300000\r\n",
    "Range: bytes=1400000-,1500000-\r\n",
  ]) {
    const of = (etag = ""): string => fields.replace("TAG", etag);
    const [, ...kso] = await outcome(service.files, of(ours.headers["etag"]));
    const [, ...other] = await outcome(`http://127.0.0.1:${nginx.port}`, of(theirs.headers["etag"]));
    expect([fields, ...kso]).toEqual([fields, ...other] as never);
  }
}, 60_000);
