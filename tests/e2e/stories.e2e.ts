// The stories of README.md, typed as they stand there: on a Debian that has nothing but curl, in a network that has nothing but what
// a story's upstream holds, then on a second one without any way out. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mixedCluster, plant } from "../support/checkout.ts";
import { servedCheckout, servedCluster } from "../support/cluster.ts";
import { requireTools } from "../support/containers.ts";
import { page } from "../support/document.ts";
import {
  type Internet,
  makeCertificates,
  makeInternet,
  publishOwnRelease,
  registryAt,
  registryConfiguration,
} from "../support/internet.ts";
import { carry, homeOf, type Machine, succeedIn } from "../support/machine.ts";
import { startOrigin } from "../support/origin.ts";
import { planFor } from "../support/plan.ts";
import { serveRelease, writeManifests } from "../support/release-upstream.ts";
import { firstHour, serving, sessionPage, storyLines } from "../support/session.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
/** All that the newest release lists. */
let release: Internet;
/** What the made-up cluster asks for. */
let cluster: Internet;
let digests: ReadonlyMap<string, string>;

/** The internet that has what an origin was given, and kso's own release. */
async function withRelease(name: string): Promise<Internet> {
  publishOwnRelease(at(name, "www"));
  const registries = ["registry.k8s.io", "quay.io", "ghcr.io", "registry-1.docker.io"];
  return await makeInternet(at(`${name}-internet`), at(name), registries);
}

beforeAll(async () => {
  await requireTools({ unshare: "util-linux", ip: "iproute2", ss: "iproute2", openssl: "openssl" });
  const upstream = await serveRelease(at("release"), planFor({}));
  await upstream.origin.stop();
  digests = upstream.digests;
  const origin = await startOrigin(at("cluster"));
  await origin.publish("cluster", servedCluster);
  await origin.stop();
  release = await withRelease("release");
  cluster = await withRelease("cluster");
}, 300_000);
afterAll(() => folder[Symbol.dispose]());

/** A machine on the connected side, and one on the isolated side that is 10.0.0.5. */
function machines(story: string, internet: Internet): { readonly connected: Machine; readonly isolated: Machine } {
  const connected = { ...internet, folder: at(story, "connected") };
  const isolated = { folder: at(story, "isolated"), isolated: ["10.0.0.5"] };
  for (const machine of [connected, isolated]) mkdirSync(homeOf(machine), { recursive: true });
  return { connected, isolated };
}

/** The upstream of these tests is not the one whose digests kso knows. */
async function plantDigests(machine: Machine): Promise<void> {
  await writeManifests(join(homeOf(machine), "manifests"), digests);
  writeFileSync(join(homeOf(machine), "kso.yaml"), "manifests: manifests\n");
}

describe("README.md", () => {
  test.each(["the-first-hour", "your-cluster", "your-registry"])("%s has at most seven commands", (story) => {
    const typed = [...storyLines(story, "connected"), ...storyLines(story, "isolated")];
    expect(typed.length).toBeGreaterThan(4);
    expect(typed.length).toBeLessThanOrEqual(7);
  });

  test("the first hour, as docs/session.md shows it", async () => {
    const session = await firstHour(at("first"), release, digests);
    const { connected, isolated } = session;
    expect(connected[1]?.stdout).toMatch(/\d+ files/);
    expect(connected[2]?.stdout).toBe("site.tar\n");
    expect(isolated.at(-1)?.stderr).toMatch(/all \d+ files and \d+ images are at the site/);
    expect(readFileSync(at("first/isolated/home/offline.yml"), "utf8")).toContain("http://10.0.0.5:8080/k8s");
    // Sizes are those of the day; npm run session records what is said anew.
    const shape = (text: string): string => text.replaceAll(/\d[\d.]* (?:B|[kMG]B)\b/g, "SIZE");
    expect(shape(page("docs/session.md"))).toBe(shape(sessionPage("en", session)));
  }, 300_000);

  test("your cluster", async () => {
    const { connected, isolated } = machines("yours", cluster);
    plant(join(homeOf(connected), "kubespray"), servedCheckout);
    plant(join(homeOf(connected), "inventory/mycluster"), { "inventory.ini": mixedCluster });
    await succeedIn(connected, storyLines("your-cluster", "connected"), serving);
    carry(connected, isolated, "mycluster.tar", "kso.yaml", "kubespray", "inventory");
    const results = await succeedIn(isolated, storyLines("your-cluster", "isolated"), serving);
    expect(results[1]?.stderr).toContain("requests satisfied");
    expect(results.at(-1)?.stderr).toMatch(/all \d+ files and \d+ images are at the site/);
  }, 300_000);

  test("your registry", async () => {
    const { connected, isolated } = machines("registry", release);
    await plantDigests(connected);
    await succeedIn(connected, storyLines("your-registry", "connected"), serving);
    carry(connected, isolated, "site.tar");
    await makeCertificates(at("site"), ["registry.site"]);
    const tls = `, tls: { certificate: ${at("site/server.pem")}, key: ${at("site/server.key")} }`;
    writeFileSync(at("site/registry.yml"), registryConfiguration(at("site/storage"), "10.0.0.5:443", tls));
    const site = {
      ...isolated,
      hosts: { "registry.site": "10.0.0.5" },
      authority: at("site/ca.pem"),
      beside: [registryAt(at("site/registry.yml"), 443)],
    };
    const results = await succeedIn(site, storyLines("your-registry", "isolated"), serving);
    expect(results.at(-1)?.stderr).toMatch(/all \d+ files and \d+ images are at the site/);
  }, 300_000);
});
