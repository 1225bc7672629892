// What is known, said and decided before anything large is fetched, by the compiled binary: an image without an architecture, what a fetch
// would need (--dry-run), public mirrors and profiles. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lock } from "../../src/core/lock.ts";
import { image, type SeededImage } from "../support/images.ts";
import { ksoIn, works } from "../support/program.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { noise } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const kso = ksoIn(join(folder.path, "home"));
let registry: TestRegistry;
let hub: TestRegistry;
/** Flags that leave three components of the release, none of which anybody asks for by name. */
let three: string[];
let tags: Readonly<Record<string, string>>;

const seeded = (name: string, ...platforms: string[]): SeededImage =>
  image({
    platforms: Object.fromEntries(
      platforms.map((platform) => [platform, { layers: [noise(`${name} ${platform}`, 5000)] }]),
    ),
  });

beforeAll(async () => {
  registry = await startRegistry();
  hub = await startRegistry({ rateLimit: { limit: 100, remaining: 76 } });
  const kept = ["coredns", "metrics-server", "nginx"];
  const { components } = JSON.parse(await works(kso("components", "--json"))) as {
    components: { component: string; platforms: Record<string, string> }[];
  };
  const others = components.filter(
    ({ component, platforms }) =>
      !kept.includes(component) && Object.values(platforms).some((state) => state !== "none"),
  );
  const mirrors = ["registry.k8s.io", "docker.io"].flatMap((host) => [
    "--mirror",
    `${host}=${(host === "docker.io" ? hub : registry).url}/${host}`,
  ]);
  three = ["--without", others.map(({ component }) => component).join(","), ...mirrors];
  const plan = JSON.parse(await works(kso("resolve", "--json", ...three))) as {
    artifacts: { image: string; component: string }[];
  };
  tags = Object.fromEntries(plan.artifacts.map((one) => [one.component, one.image]));
  for (const [component, name] of Object.entries(tags)) {
    const [, repository = "", tag = ""] = /^(.*):(.*)$/.exec(name) ?? [];
    const platforms = component === "metrics-server" ? ["linux/amd64"] : ["linux/amd64", "linux/arm64"];
    (component === "nginx" ? hub : registry).add(repository, seeded(component, ...platforms), tag);
  }
});
afterAll(async () => {
  await registry?.close();
  await hub?.close();
  folder[Symbol.dispose]();
});

const at = (name: string): string[] => [
  "--store",
  join(folder.path, name),
  "--lock",
  join(folder.path, `${name}.json`),
];
const lockAt = (name: string): Lock => JSON.parse(readFileSync(join(folder.path, `${name}.json`), "utf8"));

test("--dry-run says what a fetch would do, counts pulls without using them, and writes nothing", async () => {
  const before = hub.log.length;
  const ran = await kso("fetch", "--dry-run", "--json", ...three, ...at("dry"));
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    schema: "kso.forecast/1",
    items: { files: 0, images: 3 },
    fetch: { files: 0, images: 3 },
    unknown: [tags["nginx"]],
    dockerHub: { pulls: 3, remaining: 76, limit: 100 },
    store: { path: join(folder.path, "dry") },
    unavailable: [{ kind: "image", component: "metrics-server", platform: "linux/arm64", included: false }],
    failures: [],
  });
  expect(hub.log.slice(before).filter((line) => line.startsWith("GET ") && line.includes("/manifests/"))).toEqual([]);
  for (const path of ["dry", "dry.json"]) expect(existsSync(join(folder.path, path))).toBeFalse();
  const text = await kso("fetch", "--dry-run", ...three, ...at("dry"));
  expect(text.stdout).toMatch(/^Docker Hub {2}up to 3 pulls, 76 of 100 left$/m);
  expect(text.stdout).toMatch(/^store +\S+\/dry: \d.* needed, .* free$/m);
  expect(text.stderr).toContain(`size unknown: ${tags["nginx"]}\n`);
});

test("nobody asked for it: unavailable, named, on record, exit code 0; asked for it: exit code 4 with the flag", async () => {
  const ran = await kso("fetch", ...three, ...at("default"));
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stderr).toContain(
    `note: ${tags["metrics-server"]}: upstream has nothing for linux/arm64; it goes without, on record; nobody asked for metrics-server by name\n`,
  );
  expect(ran.stderr).toMatch(/note: \S+ .?B to fetch into \S+ \(3 images; up to 3 pulls of Docker Hub; .* free\)/);
  const lock = lockAt("default");
  expect(lock.unavailable).toMatchObject([{ kind: "image", platform: "linux/arm64", locator: tags["metrics-server"] }]);
  expect(lock.images.find(({ component }) => component === "metrics-server")?.platforms).toEqual(["linux/amd64"]);

  const again = JSON.parse(await works(kso("fetch", "--dry-run", "--json", ...three, ...at("default"))));
  expect(again).toMatchObject({ items: { images: 3 }, fetch: { files: 0, images: 0, bytes: 0 }, unknown: [] });
  expect(again.dockerHub.pulls).toBe(0);

  const asked = ["--with", "metrics-server", ...three];
  const dry = await kso("fetch", "--dry-run", ...asked, ...at("asked"));
  const refused = await kso("fetch", ...asked, ...at("asked"));
  for (const { code, stderr } of [dry, refused]) {
    expect(code).toBe(4);
    expect(stderr).toContain(`run the same command again with --allow-missing ${tags["metrics-server"]}\n`);
  }
  expect(await kso("fetch", ...asked, ...at("asked"), "--allow-missing", "metrics_server")).toMatchObject({ code: 0 });
  expect(lockAt("asked").images.find(({ component }) => component === "metrics-server")?.unavailable).toEqual([
    "linux/arm64",
  ]);
  // The lock of a fetch is knowledge: kso components has it.
  const matrix = JSON.parse(await works(kso("components", "--json", "--lock", join(folder.path, "default.json"))));
  const row = (name: string): unknown =>
    matrix.components.find(({ component }: { component: string }) => component === name).platforms;
  expect(row("metrics-server")).toEqual({ "linux/amd64": "complete", "linux/arm64": "unavailable" });
  expect(row("coredns")).toEqual({ "linux/amd64": "complete", "linux/arm64": "complete" });

  // The bundle of it is whole, and says what is not in it.
  const bundle = join(folder.path, "bundle.tar");
  await works(kso("export", "--format", "tarball", "-o", bundle, ...three, ...at("default")));
  expect(await kso("verify", bundle)).toMatchObject({ code: 0 });
  const inspected = JSON.parse(await works(kso("inspect", bundle, "--json")));
  expect(inspected.unavailable).toEqual(lock.unavailable);
});

test("a preset's mirrors are tried, KSO_MIRROR_PRESET chooses one, and a misspelt one is exit code 2", async () => {
  const manifests = join(folder.path, "manifests");
  mkdirSync(join(manifests, "mirrors"), { recursive: true });
  const mirrors = { "registry.k8s.io": ["http://127.0.0.1:1", `${registry.url}/registry.k8s.io`] };
  const preset = { name: "lab", description: "here", sources: ["this test"], mirrors };
  writeFileSync(join(manifests, "mirrors/lab.json"), JSON.stringify(preset));
  const one = ["--only", "coredns", "--manifests", manifests];
  const ran = await ksoIn(join(folder.path, "home"), { KSO_MIRROR_PRESET: "lab" })("fetch", ...one, ...at("preset"));
  expect(ran).toMatchObject({ code: 0 });
  expect(lockAt("preset").images.map((locked) => locked.image)).toEqual([tags["coredns"] ?? ""]);
  expect(ran.stderr).toContain("1 item was pinned on first sight from a mirror");
  const misspelt = await kso("fetch", ...one, ...at("preset"), "--mirror-preset", "chna");
  expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "china"?') });
  const china = JSON.parse(await works(kso("resolve", "--json", "--only", "coredns,helm", "--mirror-preset", "china")));
  expect(china.artifacts.map((item: { url?: string; source?: string }) => item.url ?? item.source)).toEqual([
    expect.stringMatching(/^https:\/\/files\.m\.daocloud\.io\/get\.helm\.sh\//),
    expect.stringMatching(/^https:\/\/files\.m\.daocloud\.io\/get\.helm\.sh\//),
    expect.stringMatching(/^k8s\.m\.daocloud\.io\/coredns\//),
  ]);
}, 60_000);

test("--profile on-premises is on record, says why, and an unknown one is exit code 2", async () => {
  const profiled = JSON.parse(await works(kso("resolve", "--json", "--profile", "on-premises")));
  const plain = JSON.parse(await works(kso("resolve", "--json")));
  expect(profiled.profile).toBe("on-premises");
  expect(plain.profile).toBeUndefined();
  expect(profiled.artifacts.length).toBeLessThan(plain.artifacts.length);
  const both = ["resolve", "--json", "--kubespray", "2.30.0,2.31.0"];
  const path = JSON.parse(await works(kso(...both, "--profile", "on-premises"))) as {
    profile: string;
    artifacts: { component: string }[];
  };
  expect(path.profile).toBe("on-premises");
  expect(path.artifacts.filter(({ component }) => component === "aws-ebs-csi")).toEqual([]);
  const list = ["export", "--format", "list", "-o", join(folder.path, "list")];
  expect((await kso(...list)).stderr).toMatch(/^--profile on-premises would leave out \d+ images$/m);
  expect((await kso(...list, "--profile", "on-premises")).stderr).not.toContain("would leave out");
  expect(await kso("fetch", "--profile", "on-premises", ...three, ...at("profile"))).toMatchObject({ code: 0 });
  expect(lockAt("profile")).toMatchObject({ profile: "on-premises" });
  const unknown = await kso("resolve", "--profile", "onpremises");
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "on-premises"?') });
});
