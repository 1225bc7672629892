// `kso doctor` on hosts that something is wrong with: limits, proxies, certificates, servers that are down and clocks that are
// off. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { freePort, type Outcome, run } from "../support/containers.ts";
import { ksoIn, ways } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (name: string): string => join(folder.path, name);
const clean = {
  SSL_CERT_FILE: "",
  NODE_EXTRA_CA_CERTS: "",
  ...Object.fromEntries(proxies().map((name) => [name, ""])),
};
const kso = ksoIn(folder.path, clean);

function proxies(): string[] {
  return ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
}

/** Hosts of the newest release. */
const hosts =
  "dl.k8s.io docker.io gcr.io get.helm.sh ghcr.io github.com gke.gcr.io mcr.microsoft.com quay.io raw.githubusercontent.com registry.k8s.io storage.googleapis.com".split(
    " ",
  );
const mirrors = (url: string): string[] => hosts.flatMap((host) => ["--mirror", `${host}=${url}`]);

/** Answers everything with 200, at the time that its clock shows; counts connections. */
let listener: Server;
let connections = 0;
let ahead = 0;
beforeAll(async () => {
  listener = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const date = new Date(Date.now() + ahead).toUTCString();
      socket.end(`HTTP/1.1 200 OK\r\ndate: ${date}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  listener.close();
  folder[Symbol.dispose]();
});
const url = (): string => `http://127.0.0.1:${(listener.address() as { port: number }).port}`;

test("a sound host: one line a check, 0, and nothing is left behind or asked", async () => {
  mkdirSync(at("work"));
  const { code, stdout, stderr } = await ksoIn(folder.path, { ...clean, HTTPS_PROXY: url(), HTTP_PROXY: url() })(
    ...["doctor", "--store", at("work/store")],
  );
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s{2,}/));
  expect(lines.map(([, check]) => check)).toEqual([
    ...["machine", "pages", "files", "clock", "store", "space", "links", "proxy", "ca"],
  ]);
  expect(readdirSync(at("work"))).toEqual([]);
  expect(connections).toBe(0);
});

test("what is wrong is named, and ends with 1", async () => {
  const script = 'ulimit -n 200; exec "$0" "$@"';
  const args = ["doctor", "--store", "/proc/kso", "--ca", at("lost.pem"), "--json"];
  const env = { ...clean, HOME: folder.path, HTTPS_PROXY: "socks5://u:secret@127.0.0.1:1" };
  const { code, stdout, stderr } = await run("sh", ["-c", script, ways.binary[0] as string, ...args], env);
  expect([code, stderr]).toEqual([1, "kso: 4 problems were found\n"]);
  const { schema, ok, checks } = JSON.parse(stdout) as {
    schema: string;
    ok: boolean;
    checks: { check: string; state: string }[];
  };
  expect([schema, ok]).toEqual(["kso.doctor/1", false]);
  expect(checks.filter(({ state }) => state === "fail").map(({ check }) => check)).toEqual([
    "files",
    "store",
    "proxy",
    "ca",
  ]);
  expect(stdout).not.toContain("secret");
});

test("--online asks every origin, or its mirror, and compares clocks", async () => {
  const online = (...more: string[]): Promise<Outcome> => kso("doctor", "--store", at("store"), "--online", ...more);
  const reached = await online(...mirrors(url()));
  expect([reached.code, reached.stderr]).toEqual([0, ""]);
  expect(reached.stdout.match(/answers \(200\)/g)?.length).toBe(hosts.length);
  expect(reached.stdout).toContain("as the servers have it");
  expect(connections).toBeGreaterThanOrEqual(hosts.length);

  ahead = 3_600_000;
  const late = await online(...mirrors(url()));
  expect([late.code, late.stderr]).toEqual([1, "kso: 1 problem was found\n"]);
  expect(late.stdout).toMatch(/fail +clock +3[56]\d\d s behind what the servers say/);
  ahead = 0;

  const down = await online(...mirrors(url()), "--mirror", `quay.io=http://127.0.0.1:${await freePort()}`);
  // A second mirror of a host is for when the first fails; the first is what is asked.
  expect(down.code).toBe(0);
  const gone = mirrors(`http://127.0.0.1:${await freePort()}`);
  const none = await online(...gone);
  expect(none.stdout.match(/connection refused/g)?.length).toBe(hosts.length);
  expect([none.code, none.stderr]).toEqual([1, `kso: ${hosts.length} problems were found\n`]);
});
