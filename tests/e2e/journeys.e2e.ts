// The journeys of docs/journeys, typed as they stand there: the inventory of the page, a Debian that has nothing but curl, a network of
// its own outside and one without any way out inside. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plant } from "../support/checkout.ts";
import { servedCheckout, servedCluster } from "../support/cluster.ts";
import { run } from "../support/containers.ts";
import { codeBlocks, commandLines, page } from "../support/document.ts";
import {
  type Internet,
  makeCertificates,
  makeInternet,
  publishOwnRelease,
  registryAt,
  registryConfiguration,
} from "../support/internet.ts";
import { carry, homeOf, type Machine, succeedIn } from "../support/machine.ts";
import { file, programs, startOrigin } from "../support/origin.ts";
import { binaryFor } from "../support/paths.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
let internet: Internet;

beforeAll(async () => {
  const origin = await startOrigin(at("origin"));
  const etcd = "github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-arm64.tar.gz";
  const files = [...servedCluster.files, file("etcd", "arm64", etcd, programs.arm64)];
  await origin.publish("cluster", { ...servedCluster, files });
  await origin.stop();
  publishOwnRelease(at("origin/www"));
  internet = await makeInternet(at("internet"), at("origin"), ["registry.k8s.io", "quay.io"]);
}, 300_000);
afterAll(() => folder[Symbol.dispose]());

test("README.zh-CN.md shows of a list what kso says", async () => {
  const cwd = at("list");
  mkdirSync(cwd, { recursive: true });
  const block = codeBlocks(page("README.zh-CN.md")).find((each) => each.text.startsWith("$ kso export --format list"));
  const [line = ""] = block ? commandLines(block) : [];
  const typed = line.replace(/^kso/, `'${binaryFor("amd64")}'`);
  const { code, stdout } = await run("sh", ["-c", `cd '${cwd}' && LC_ALL=C ${typed} 2>&1`]);
  expect(code).toBe(0);
  const [first = "", last = ""] = (block?.text.replace(`$ ${line}\n`, "") ?? "").split("…\n");
  expect(stdout.slice(0, first.length)).toBe(first);
  expect(stdout.slice(-last.length)).toBe(last);
});

const serving = { line: /^kso serve /, ready: "http://10.0.0.5:8080" };

const checksums = "roles/kubespray_defaults/vars/main/checksums.yml";
/** The made-up checkout, where etcd is there for arm64 too. */
const checkout = {
  ...servedCheckout,
  [checksums]: (servedCheckout[checksums] ?? "").replace(
    /(etcd_binary_checksums:\n(?: .*\n)*? {2}arm64: )\*e\n/,
    (_, before) => `${before}{ 3.6.10: ${sha(programs.arm64).slice("sha256:".length)} }\n`,
  ),
};

/** The lines of one side of a journey. */
const lines = (journey: string, side: string): string[] => codeBlocks(page(journey), side).flatMap(commandLines);

/** The machine of the connected side, with a checkout of kubespray and the page's inventory. */
function outside(name: string, journey: string, inventory: string): Machine {
  const machine = { ...internet, folder: at(name, "outside") };
  const [block] = codeBlocks(page(journey), "inventory");
  plant(join(homeOf(machine), "kubespray"), checkout);
  plant(join(homeOf(machine), inventory), { "inventory.ini": block?.text ?? "" });
  return machine;
}

test.each(["docs/journeys/kunpeng-harbor.md", "docs/zh/journeys/kunpeng-harbor.md"])(
  "%s",
  async (journey) => {
    const name = journey.includes("/zh/") ? "harbor-zh" : "harbor";
    const connected = outside(name, journey, "inventory/mycluster");
    await succeedIn(connected, lines(journey, "connected"));
    const site = at(name, "harbor");
    await makeCertificates(site, ["harbor.site"]);
    const tls = `, tls: { certificate: ${site}/server.pem, key: ${site}/server.key }`;
    writeFileSync(join(site, "registry.yml"), registryConfiguration(join(site, "storage"), "10.0.0.5:443", tls));
    const isolated: Machine = {
      folder: at(name, "inside"),
      isolated: ["10.0.0.5"],
      hosts: { "harbor.site": "10.0.0.5" },
      authority: join(site, "ca.pem"),
      beside: [registryAt(join(site, "registry.yml"), 443)],
    };
    mkdirSync(homeOf(isolated), { recursive: true });
    carry(connected, isolated, "mycluster.tar", "kso.yaml", "kubespray", "inventory");
    const results = await succeedIn(isolated, lines(journey, "isolated"), serving);
    expect(results[1]?.stderr).toMatch(/(\d+) of \1 requests satisfied \(3 amd64 hosts, 2 arm64\)/);
    expect(results.at(-1)?.stderr).toMatch(/all \d+ files and \d+ images are at the site/);
  },
  300_000,
);

test.each(["docs/journeys/raspberry-pis.md", "docs/zh/journeys/raspberry-pis.md"])(
  "%s",
  async (journey) => {
    const name = journey.includes("/zh/") ? "pis-zh" : "pis";
    const laptop = outside(name, journey, "inventory/pis");
    await succeedIn(laptop, lines(journey, "connected"));
    // The same laptop, carried to the shelf.
    const results = await succeedIn(
      { folder: laptop.folder, isolated: ["10.0.0.5"] },
      lines(journey, "isolated"),
      serving,
    );
    expect(results[0]?.stderr).toMatch(/(\d+) of \1 requests satisfied \(3 arm64 hosts\)/);
    const offline = readFileSync(join(homeOf(laptop), "inventory/pis/group_vars/all/offline.yml"), "utf8");
    expect(offline).toContain('files_repo: "http://10.0.0.5:8080/k8s"');
  },
  300_000,
);
