// Private certificates and proxies, against real ones: a TLS server whose CA openssl makes here, and a CONNECT proxy.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { memoryTarget, rejection, sample, testHttp } from "../support/http.ts";
import { serveFiles, type Upstream } from "../support/upstream.ts";

const file = sample(50_000);
let folder: string;
let ca: string;
let pair: { key: string; cert: string };
let secure: Upstream;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kso-trust-"));
  const openssl = (...words: string[]): void =>
    void execFileSync("openssl", words, { cwd: folder, stdio: "pipe", env: { PATH: process.env["PATH"] } });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2");
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1");
  writeFileSync(join(folder, "names"), "subjectAltName=IP:127.0.0.1\n");
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
  openssl("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  ca = read("ca.pem");
  pair = { key: read("server.key"), cert: read("server.pem") };
  secure = await serveFiles({ "/a": file }, { tls: pair });
});
afterAll(async () => {
  await secure.close();
  rmSync(folder, { recursive: true });
});

test("a certificate of an unknown CA is refused at once; with --ca it is trusted", async () => {
  const url = `${secure.url}/a`;
  const { http: plain, waits } = testHttp();
  expect((await rejection(plain.send({ url }))).message).toBe(
    `Cannot fetch ${url}: the certificate is not trusted; name the CA's certificate with --ca`,
  );
  expect(waits).toEqual([]);
  const target = memoryTarget();
  await testHttp({ ca: `some words above\n${ca}` }).http.download({ url }, target, { size: file.length });
  expect(target.bytes).toEqual(file);
  // For another name it is none.
  const named = await rejection(testHttp({ ca }).http.send({ url: url.replace("127.0.0.1", "localhost") }));
  expect(named.message).toContain("the certificate is for another host");
});

test("--ca is added to what is trusted already", async () => {
  const { transport } = await import("../../src/runtime/transport.ts");
  const { tls } = transport({ ca }) as { tls: { ca: string } };
  const count = tls.ca.match(/BEGIN CERTIFICATE/g)?.length ?? 0;
  expect(count).toBeGreaterThan(100);
  expect(tls.ca).toContain(ca.trim());
});

test.each([
  ["", "there is no certificate in it"],
  ["-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----", "a certificate in it is broken"],
])("a CA file that is none is a usage error", (text, reason) => {
  expect(() => testHttp({ ca: text })).toThrow(reason);
});

test("https never redirects to http, and a plain server on an https URL is named", async () => {
  await using plain = await serveFiles({ "/a": file });
  const { http: client, waits } = testHttp({ ca });
  secure.script("/down", { fault: "redirect", to: `${plain.url}/a` });
  const down = await rejection(client.send({ url: `${secure.url}/down` }));
  expect(down.message).toContain(`from https to http (${plain.url}/a), which is refused`);
  expect(plain.requests).toEqual([]);
  const noTls = await rejection(client.send({ url: `${plain.url.replace("http:", "https:")}/a` }));
  expect(noTls.message).toContain("does not speak TLS");
  expect(waits).toEqual([]);
  plain.script("/up", { fault: "redirect", to: `${secure.url}/a` });
  expect(await (await client.send({ url: `${plain.url}/up` })).bytes(50_000)).toEqual(file);
});

test("through a proxy, plainly and by CONNECT, with its password; NO_PROXY keeps out of it", async () => {
  await using plain = await serveFiles({ "/a": file });
  const seen: string[] = [];
  const sockets = new Set<net.Socket>();
  const proxy = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (data) => {
      const text = data.toString("latin1");
      const [method, target = ""] = text.split(" ");
      seen.push(`${method} ${target} ${/^proxy-authorization: *(.*)\r$/im.exec(text)?.[1]}`);
      if (method !== "CONNECT") return void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nfrom the proxy");
      const [host = "", port] = target.split(":");
      const onward = net.connect(Number(port), host, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      onward.on("error", () => socket.destroy());
      onward.pipe(socket);
      socket.pipe(onward);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://u:p%40@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { http_proxy: address, HTTPS_PROXY: address };
  try {
    const { http: client } = testHttp({ env, ca });
    const answer = await client.send({ url: `${plain.url}/a` });
    expect(new TextDecoder().decode(await answer.bytes(99))).toBe("from the proxy");
    expect(await (await client.send({ url: `${secure.url}/a` })).bytes(50_000)).toEqual(file);
    expect(seen).toEqual([
      `GET ${plain.url}/a Basic dTpwQA==`,
      `CONNECT ${secure.url.replace("https://", "")} Basic dTpwQA==`,
    ]);
    const direct = testHttp({ env: { ...env, NO_PROXY: "127.0.0.1" } }).http;
    expect(await (await direct.send({ url: `${plain.url}/a` })).bytes(50_000)).toEqual(file);
    expect(seen).toHaveLength(2);
    const lost = testHttp({ env: { all_proxy: "http://u:hidden@127.0.0.1:1" }, attempts: 1 }).http;
    expect((await rejection(lost.send({ url: `${plain.url}/a` }))).message).toBe(
      `Cannot fetch ${plain.url}/a: connection refused, through the proxy 127.0.0.1:1`,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  }
});

test("the runtime's own reading of the environment is overruled, and the environment stays as it was", async () => {
  await using plain = await serveFiles({ "/a": file });
  const before = { ...process.env };
  process.env["http_proxy"] = "http://127.0.0.1:1";
  process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
  try {
    expect(await (await testHttp().http.send({ url: `${plain.url}/a` })).bytes(50_000)).toEqual(file);
    expect(process.env["http_proxy"]).toBe("http://127.0.0.1:1");
    process.env["NO_PROXY"] = "*";
    const proxied = testHttp({ env: { http_proxy: plain.url } }).http;
    plain.set("http://other.invalid/b", file);
    expect(await (await proxied.send({ url: "http://other.invalid/b" })).bytes(50_000)).toEqual(file);
  } finally {
    for (const name of ["http_proxy", "HTTP_PROXY", "NO_PROXY"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
