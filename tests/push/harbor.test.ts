// A push into Harbor: projects, robot accounts, and the rules that stand in the way, with Harbor's own answers.
import { afterAll, expect, test } from "bun:test";
import { silentProgress } from "../../src/core/progress.ts";
import type { Credentials } from "../../src/oci/credentials.ts";
import { type Harbor, robot, startHarbor } from "../support/harbor.ts";
import { rejection } from "../support/http.ts";
import { nginx, pause, threeImages } from "../support/push-bench.ts";
import { held, type PushTo, push } from "../support/pushing.ts";
import { startTarget, type Target } from "../support/target.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());

const accounts = {
  admin: { password: "secret", admin: true, may: {} },
  ann: { password: "secret", may: { k8s: ["pull"] } },
  robot$sys: { password: "secret", creates: true, may: { "*": ["pull", "push"] } },
  "robot$k8s+push": robot("secret", "k8s"),
} as const;
type Account = keyof typeof accounts;

const loginOf = (username: string, password = "secret"): Credentials => ({
  find: async () => ({ kind: "basic", username, password, source: "/f.json" }),
});

interface Bench extends AsyncDisposable {
  readonly harbor: Harbor;
  readonly target: Target;
  readonly notes: string[];
  push(as: Account, more?: PushTo): ReturnType<typeof push>;
}

async function bench(options: Partial<Parameters<typeof startHarbor>[0]> = {}): Promise<Bench> {
  const target = await startTarget({ sparse: "refused" });
  const projects = { k8s: { public: false }, library: { public: true } };
  const harbor = await startHarbor({ registry: target.url, accounts, projects, ...options });
  const notes: string[] = [];
  const progress = { ...silentProgress, note: (text: string) => void notes.push(text) };
  const bundle = held(folder.path, threeImages);
  return {
    harbor,
    target,
    notes,
    push: async (as, more = {}) =>
      await push(
        bundle,
        { ...target, url: harbor.url, host: harbor.host },
        {
          index: "auto",
          credentials: loginOf(as),
          progress,
          ...more,
        },
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([harbor[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
    },
  };
}

test("a robot that may push and pull, and not delete, pushes all: what it may not cancel costs nothing", async () => {
  await using site = await bench();
  const { failed, arrived } = await site.push("robot$k8s+push", { prefix: "k8s" });
  expect([failed, arrived.length]).toEqual([[], 3]);
  expect(site.target.tags["k8s/library/nginx:1.28"]).toBe(nginx.root.digest);
  expect(site.harbor.log.filter((line) => line.startsWith("DELETE"))).toEqual([expect.stringMatching(/ 401$/)]);
  // Harbor's registry refuses the sparse index; it is trimmed.
  expect(site.notes).toEqual([expect.stringMatching(/^1 image gets an index of/)]);
  const again = await site.push("robot$k8s+push", { prefix: "k8s" });
  expect(again.arrived.map(({ state }) => state)).toEqual(["there", "there", "there"]);
});

test("a token that Harbor does not take any more is replaced by a token, not by the password", async () => {
  await using site = await bench();
  site.harbor.forgetTokens(3);
  expect((await site.push("robot$k8s+push", { prefix: "k8s" })).failed).toEqual([]);
  const passwords = site.harbor.requests.filter(
    ({ line, authorization }) => line.includes(" /v2/") && authorization?.startsWith("Basic "),
  );
  expect(passwords).toEqual([]);
});

test("names without a project, and projects that are not there, are told before the first byte", async () => {
  await using site = await bench();
  const unnamed = await rejection(site.push("admin"));
  expect(unnamed).toMatchObject({ code: "remote" });
  expect(unnamed.message).toContain(
    `Harbor keeps images in projects, and "pause:3.10" has none in front: push below a project, --registry ${site.harbor.host}/PROJECT`,
  );
  const missing = await rejection(site.push("admin", { map: "keep-host" }));
  for (const words of [
    'projects "docker.io", "quay.io", "registry.k8s.io" do not exist',
    "--create-projects",
    "nothing",
  ])
    expect(missing.message).toContain(words);
  const one = await rejection(site.push("robot$sys", { prefix: "other" }));
  expect(one.message).toContain('the Harbor project "other" does not exist: --create-projects creates it');
  expect(site.target.stored).toEqual([]);
});

test("--create-projects makes what is missing, private unless it is to be public; a second push finds it", async () => {
  await using site = await bench();
  const { failed } = await site.push("robot$sys", { map: "keep-host", createProjects: "private" });
  expect(failed).toEqual([]);
  for (const name of ["docker.io", "quay.io", "registry.k8s.io"])
    expect([name, site.harbor.projects.get(name)]).toEqual([name, { public: false }]);
  expect(site.notes[0]).toBe(
    'created the Harbor projects "docker.io", "quay.io", "registry.k8s.io", private: nodes need a login to pull from there',
  );
  await site.push("robot$sys", { map: "keep-host", createProjects: "private" });
  expect(site.notes.filter((note) => note.startsWith("created"))).toHaveLength(1);
  await site.push("admin", { prefix: "open", createProjects: "public" });
  expect(site.harbor.projects.get("open")).toEqual({ public: true });
  expect(site.harbor.projects.get("k8s")).toEqual({ public: false });
});

test("a dry run creates no project, and says which it would", async () => {
  await using site = await bench();
  const options = { prefix: "new", createProjects: "private", dryRun: true } as const;
  const { arrived } = await site.push("robot$sys", options);
  expect(arrived.map(({ state }) => state)).toEqual(["missing", "missing", "missing"]);
  expect(site.notes[0]).toBe('the Harbor project "new" would be created, private');
  expect(site.harbor.projects.has("new")).toBeFalse();
  expect(site.harbor.log.filter((line) => /^(?:POST|PUT|PATCH) \/(?:api|v2\/new)/.test(line))).toEqual([]);
});

test.each<[Account, string, boolean]>([
  ["robot$k8s+push", "Only system level robot can create project", false],
  ["ann", "Only system admin can create project", true],
])("%s may not create projects: Harbor's words, and who may", async (as, words, adminOnly) => {
  await using site = await bench(adminOnly ? { adminOnly: true } : {});
  const cause = await rejection(site.push(as, { prefix: "new", createProjects: "private" }));
  expect(cause).toMatchObject({ code: "remote" });
  for (const part of ['Cannot create the project "new"', words, "permission Create Project", "no image was sent"])
    expect(cause.message).toContain(part);
  expect(site.target.stored).toEqual([]);
});

test("what was created before one failed is named", async () => {
  await using site = await bench();
  site.harbor.refuse.add("quay.io");
  const cause = await rejection(site.push("robot$sys", { map: "keep-host", createProjects: "private" }));
  expect(cause.message).toContain('"docker.io" is there now, no image was sent');
});

test("another registry is no Harbor", async () => {
  await using target = await startTarget();
  const cause = await rejection(push(held(folder.path, threeImages), target, { createProjects: "private" }));
  expect(cause).toMatchObject({ code: "usage" });
  expect(cause.message).toContain("--create-projects is for Harbor, and");
});

test("who may not push is told what it takes, and where the credentials are from; the other projects are not blamed", async () => {
  await using site = await bench();
  const cause = await rejection(site.push("ann", { prefix: "k8s" }));
  for (const words of [
    'project "k8s" does not take "k8s/library/nginx"',
    "/f.json",
    "Push Repository",
    "role Developer",
  ])
    expect(cause.message).toContain(words);
  const other = await rejection(site.push("robot$k8s+push", { prefix: "library" }));
  expect(other.message).toContain('project "library" does not take');
  expect(site.target.stored).toEqual([]);
});

test("a login that may push into one project and not into another is not taken for a wrong one", async () => {
  await using site = await bench({
    projects: { "docker.io": { public: false }, "quay.io": { public: false }, "registry.k8s.io": { public: false } },
    accounts: { ...accounts, ann: { password: "secret", may: { "docker.io": ["pull", "push"] } } },
  });
  const cause = await rejection(site.push("ann", { map: "keep-host" }));
  expect(cause.message).toContain('project "quay.io" does not take');
  expect(cause.message).toContain('project "registry.k8s.io" does not take');
  expect(cause.message).not.toContain('"docker.io"');
  expect(cause.message).not.toContain("refuses the credentials");
});

test("read-only, a cache of another registry: nothing is sent, and the rule is named", async () => {
  await using site = await bench({ projects: { k8s: { public: false }, hub: { public: true, proxy: true } } });
  const cache = await rejection(site.push("admin", { prefix: "hub" }));
  expect(cache.message).toContain("cache of another registry");
  site.harbor.readOnly = true;
  const frozen = await rejection(site.push("admin", { prefix: "k8s" }));
  expect(frozen.message).toContain("The system is in read only mode");
  expect(frozen.message).toContain("System Settings");
  expect(site.target.stored).toEqual([]);
});

test("a quota that is used up, and tags that may not move: each failed image has the rule's remedy", async () => {
  await using full = await bench({ projects: { k8s: { public: false, quota: 10_000 } } });
  const { failed } = await full.push("robot$k8s+push", { prefix: "k8s" });
  expect(failed.length).toBeGreaterThan(0);
  for (const { cause, remedy } of failed)
    expect([cause.includes("403 Forbidden, DENIED"), remedy?.includes("quota of the project")]).toEqual([true, true]);

  await using fixed = await bench();
  await fixed.push("robot$k8s+push", { prefix: "k8s" });
  fixed.harbor.projects.set("k8s", { public: false, immutable: true });
  const other = { ...threeImages, "docker.io/library/nginx:1.28": pause };
  const moved = await push(
    held(folder.path, other),
    { ...fixed.target, url: fixed.harbor.url, host: fixed.harbor.host },
    {
      prefix: "k8s",
      index: "auto",
      credentials: loginOf("robot$k8s+push"),
    },
  );
  expect(moved.failed).toEqual([
    expect.objectContaining({
      item: "docker.io/library/nginx:1.28",
      cause: expect.stringContaining("'library/nginx:1.28' configured as immutable"),
      remedy: expect.stringContaining("Tag Immutability"),
    }),
  ]);
  expect(moved.arrived).toHaveLength(2);
});
