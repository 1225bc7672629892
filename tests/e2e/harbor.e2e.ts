// A bundle into Harbor and a cluster that finds it there, by the compiled program: projects that it creates, a robot account of one project,
// kso config with its check. Harbor stands in front of docker-registry, as Harbor's own core does.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, requireTools } from "../support/containers.ts";
import { type Harbor, robot, startHarbor } from "../support/harbor.ts";
import { ksoIn } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { type SiteRegistry, startSiteRegistry } from "../support/site-registry.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
let registry: SiteRegistry;
let harbor: Harbor;
let bundle: string;

const accounts = {
  robot$sys: { password: "s3cret", creates: true, may: { "*": ["pull", "push"] } },
  "robot$k8s+push": robot("s3cret", "k8s"),
  "robot$k8s+pull": robot("s3cret", "k8s", ["pull"]),
} as const;

beforeAll(async () => {
  await requireTools({ "docker-registry": "docker-registry" });
  registry = await startSiteRegistry(at("registry"), { program: "docker-registry" });
  harbor = await startHarbor({ registry: registry.url, accounts, projects: { library: { public: true } } });
  bundle = (await sealed(folder.path)).path;
}, 60_000);
afterAll(async () => {
  await harbor[Symbol.asyncDispose]();
  await registry.server.stop();
  folder[Symbol.dispose]();
});

/** kso, logged in as docker, podman and skopeo log in. */
async function kso(as: keyof typeof accounts, ...args: string[]): Promise<Outcome> {
  const auth = Buffer.from(`${as}:${accounts[as].password}`).toString("base64");
  writeFileSync(at("auth.json"), JSON.stringify({ auths: { [harbor.host]: { auth } } }));
  return await ksoIn(at("home"), { REGISTRY_AUTH_FILE: at("auth.json") })(...args);
}

test("a project that is not there is named; a robot of the system creates it, one of the project pushes into it and cannot create another", async () => {
  const to = ["push", bundle, "--registry", `${harbor.host}/k8s`];
  const missing = await kso("robot$k8s+push", ...to);
  expect([missing.code, missing.stderr]).toEqual([6, expect.stringContaining('project "k8s" does not exist')]);
  const unnamed = await kso("robot$sys", "push", bundle, "--registry", harbor.host);
  expect([unnamed.code, unnamed.stderr]).toEqual([6, expect.stringContaining("keeps images in projects")]);
  const dry = await kso("robot$sys", ...to, "--create-projects", "--dry-run");
  expect([dry.code, dry.stderr, harbor.projects.has("k8s")]).toEqual([
    0,
    expect.stringContaining('the Harbor project "k8s" would be created, private'),
    false,
  ]);
  const created = await kso("robot$sys", ...to, "--create-projects");
  expect([created.code, created.stderr]).toEqual([0, expect.stringContaining('created the Harbor project "k8s"')]);
  expect(harbor.projects.get("k8s")).toEqual({ public: false });
  const again = await kso("robot$k8s+push", "push", bundle, "--registry", `${harbor.host}/k8s/more`);
  expect([again.code, again.stdout.trim().split("\n").length]).toEqual([0, 3]);
  const other = await kso("robot$k8s+push", "push", bundle, "--registry", `${harbor.host}/other`, "--create-projects");
  expect(other.code).toBe(6);
  expect(other.stderr).toContain("Only system level robot can create project");
  expect((await kso("robot$k8s+pull", ...to.slice(0, 3), `${harbor.host}/k8s/never`)).stderr).toContain(
    "Push Repository",
  );
}, 120_000);

test.each([
  ["strip-host", "/k8s", "k8s/pause"],
  ["keep-host", "", "registry.k8s.io/pause"],
])(
  "kso config finds with %s what push put there, and --check looks it up",
  async (map, prefix, name) => {
    const to = ["--registry", `${harbor.host}${prefix}`, "--map", map];
    expect((await kso("robot$sys", "push", bundle, ...to, "--create-projects", "--public-projects")).code).toBe(0);
    const place = [bundle, "--registry-host", `http://${harbor.host}${prefix}`, "--map", map];
    const out = at(`config-${map}`);
    mkdirSync(out, { recursive: true });
    const checked = await kso("robot$sys", "config", "containerd", ...place, "--check", "-o", join(out, "certs.d"));
    // Files were not asked for, and nothing is said of them.
    expect([checked.code, checked.stderr]).toEqual([0, expect.stringContaining("all 3 images are at the site")]);
    const hosts = readFileSync(join(out, "certs.d/registry.k8s.io/hosts.toml"), "utf8");
    expect(hosts).toContain(`http://${harbor.host}/v2/${name.slice(0, -"/pause".length)}`);
    const files = ["--files-url", "http://10.0.0.5:8080/k8s"];
    const offline = await kso("robot$sys", "config", "kubespray", ...place, ...files, "-o", join(out, "offline.yml"));
    expect(offline.code).toBe(0);
    expect(readFileSync(join(out, "offline.yml"), "utf8")).toContain(`${harbor.host}${prefix}`);
    const tag = await fetch(`${registry.url}/v2/${name}/tags/list`);
    expect(await tag.json()).toMatchObject({ tags: expect.arrayContaining(["3.10"]) });
  },
  120_000,
);
