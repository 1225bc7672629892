// The compiled binary's push, killed, interrupted and locked out: started again it sends only what is missing, no tag ever leads to
// half an image, and what stands in the way is named. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { must, requireTools, startRegistry } from "../support/containers.ts";
import { image } from "../support/images.ts";
import { ksoIn, works } from "../support/program.ts";
import { held } from "../support/pushing.ts";
import { sealed } from "../support/sealed.ts";
import { sha } from "../support/seed.ts";
import { bulk, type Running, start } from "../support/site.ts";
import { startTarget, type Target, type TargetOptions } from "../support/target.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const shared = bulk("shared", 3_000_000);
const huge = bulk("huge", 150_000_000);
const pair = (name: string, size: number) =>
  image({
    platforms: {
      "linux/amd64": { layers: [shared, bulk(`${name} amd64`, size)] },
      "linux/arm64": { layers: [bulk(`${name} arm64`, size)] },
    },
  });
const images = {
  "docker.io/library/nginx:1": pair("nginx", 400_000),
  "quay.io/calico/node:v3": pair("node", 900_000),
  "registry.k8s.io/pause:3.10": pair("pause", 300),
};

beforeAll(async () => {
  await seal("bundle", images);
  await seal("large", { "quay.io/cilium/cilium:v1": image({ platforms: { "linux/amd64": { layers: [huge] } } }) }, [
    "linux/amd64",
  ]);
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

async function seal(name: string, what: Parameters<typeof held>[1], platforms?: readonly string[]): Promise<void> {
  const { lock, source } = held(at(`${name}-blobs`), what, platforms);
  const unused = (): never => {
    throw new Error("nothing is put into this sample");
  };
  await sealed(folder.path, `${name}.tar`, { sample: { lock, blobs: source, pathOf: unused, put: unused } });
}

const begin = (target: Target, bundle = "bundle", ...more: string[]): Running =>
  start(["push", at(`${bundle}.tar`), "--registry", target.host, ...more], folder.path);

async function withTarget(options: TargetOptions, act: (target: Target) => Promise<void>): Promise<void> {
  await using target = await startTarget(options);
  await act(target);
  expect(target.halfTagged).toEqual([]);
  expect(target.surprises).toEqual([]);
}

/** Every request of a push that changes something, killed at: the first, in the middle, the last. */
test.each([/^POST .*uploads/, /^PUT .*uploads/, /^PUT .*manifests\/sha256/, /^PUT .*manifests\/[v13]/])(
  "kill -9 at %p: tags lead to whole images, and the next push sends what is missing",
  async (pattern) => {
    await withTarget({}, async (whole) => {
      expect((await begin(whole).ended).code).toBe(0);
      const many = whole.log.filter((line) => pattern.test(line)).length;
      for (const nth of new Set([0, many >> 1, many - 1]))
        await withTarget({}, async (target) => {
          const killed = Promise.withResolvers<Running>();
          const fine = Array.from({ length: nth }, () => "fine" as const);
          target.fault(pattern, ...fine, { act: async () => void (await (await killed.promise).kill("SIGKILL")) });
          const running = begin(target);
          killed.resolve(running);
          expect((await running.ended).code).toBe(137);
          for (const [tag, digest] of Object.entries(target.tags))
            expect([tag, digest]).toEqual([tag, whole.tags[tag] as string]);
          const before = new Set(target.stored);
          const { code, err } = await begin(target).ended;
          expect({ code, err }).toMatchObject({ code: 0 });
          expect(target.tags).toEqual({ ...whole.tags });
          // Nothing that had arrived travelled again.
          expect(target.stored.slice(before.size).filter((line) => before.has(line))).toEqual([]);
          expect(target.stored.length).toBe(whole.stored.length);
        });
    });
  },
  60_000,
);

test("kill -9 in the middle of a large layer: the next push goes on in the same session", async () => {
  await withTarget({}, async (target) => {
    const killed = Promise.withResolvers<Running>();
    target.fault(/^PATCH/, "fine", { act: async () => void (await (await killed.promise).kill("SIGKILL")) });
    const running = begin(target, "large");
    killed.resolve(running);
    expect((await running.ended).code).toBe(137);
    const before = target.received;
    const again = begin(target, "large");
    let peak = 0;
    target.fault(/^PUT .*cilium.*manifests\/v1$/, {
      act: () => {
        peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${again.pid}/status`, "utf8"))?.[1]) * 1024;
      },
    });
    const { code, err } = await again.ended;
    expect({ code, err }).toMatchObject({ code: 0 });
    // The first 64 MiB stayed; the chunk under way when it was killed had come in, or travels again.
    expect(target.received - before).toBeLessThanOrEqual(huge.length - (64 << 20) + 10_000);
    expect(target.blob("cilium/cilium", sha(huge))?.length).toBe(huge.length);
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(200_000_000);
  });
}, 60_000);

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s while nothing moves: it ends, says how to go on, and that is true",
  async (signal) => {
    await withTarget({}, async (target) => {
      const reached = Promise.withResolvers<void>();
      target.fault(/^PUT .*uploads/, "fine", {
        act: () => {
          reached.resolve();
          return new Promise(() => undefined);
        },
      });
      const running = begin(target);
      await reached.promise;
      running.signal(signal);
      const { code, out, err } = await running.ended;
      expect({ code, out }).toEqual({ code: 130, out: "" });
      expect(err).toContain("Interrupted: what has arrived stays there; run the same command again to go on");
      expect((await begin(target).ended).code).toBe(0);
      expect(Object.keys(target.tags).length).toBe(3);
    });
  },
  60_000,
);

test("what fails is named with exit code 6, what can be finished is; --json says the same", async () => {
  await withTarget({}, async (target) => {
    target.always(/^PUT .*calico\/node\/manifests/, {
      status: 403,
      body: '{"errors":[{"code":"DENIED","message":"no"}]}',
    });
    const { code, out, err } = await begin(target).ended;
    expect(code).toBe(6);
    expect(out.trim().split("\n").length).toBe(2);
    expect(err).toContain(`failed: quay.io/calico/node:v3 → ${target.host}/calico/node:v3: 403 Forbidden, DENIED, no`);
    expect(err).toContain("1 of 3 images could not be pushed");
    const json = await begin(target, "bundle", "--json").ended;
    // Behind the result stands the error that ends the command.
    const [result, error] = json.out
      .trim()
      .split("\n")
      .slice(-2)
      .map((line) => JSON.parse(line));
    expect(error).toMatchObject({ error: { exit: 6 } });
    expect([json.code, result.event, result.images.failed.length, result.images.arrived.length]).toEqual([
      6,
      "result",
      1,
      2,
    ]);
  });
}, 60_000);

test("docker-registry behind TLS and a password: --ca, login, and what is said without them", async () => {
  await requireTools({ openssl: "openssl", "docker-registry": "docker-registry", skopeo: "skopeo" });
  mkdirSync(at("secure"));
  const files = ["-keyout", at("secure/key.pem"), "-out", at("secure/cert.pem")];
  const names = ["-subj", "/CN=registry.test", "-addext", "subjectAltName=IP:127.0.0.1"];
  await must("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...names]);
  writeFileSync(at("secure/htpasswd"), `ann:${bcrypt.hashSync("right", 4)}\n`);
  const registry = await startRegistry(
    at("secure"),
    (port) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${at("secure")}/storage } }
auth: { htpasswd: { realm: test, path: ${at("secure")}/htpasswd } }
http: { addr: "127.0.0.1:${port}", tls: { certificate: ${at("secure")}/cert.pem, key: ${at("secure")}/key.pem } }
`,
  );
  try {
    const host = `127.0.0.1:${registry.port}`;
    const login = (password: string): string => {
      const auth = Buffer.from(`ann:${password}`).toString("base64");
      writeFileSync(at("secure/auth.json"), JSON.stringify({ auths: { [host]: { auth } } }));
      return at("secure/auth.json");
    };
    const kso = ksoIn(at("home"), { REGISTRY_AUTH_FILE: login("right") });
    const push = (...more: string[]) => kso("push", at("bundle.tar"), "--registry", `https://${host}/site`, ...more);
    const ca = ["--ca", at("secure/cert.pem")];
    const said = async (...more: string[]): Promise<[number, string]> => {
      const { code, stderr } = await push(...more);
      return [code, stderr];
    };
    expect(await said()).toEqual([6, expect.stringContaining("name the CA's certificate with --ca")]);
    login("wrong");
    expect(await said(...ca)).toEqual([
      6,
      expect.stringContaining("401 Unauthorized, with credentials; the credentials are those of"),
    ]);
    writeFileSync(at("secure/auth.json"), "{}");
    expect(await said(...ca)).toEqual([6, expect.stringContaining("docker login")]);
    login("right");
    await works(push(...ca));
    const options = ["--tls-verify=false", "--creds", "ann:right", "--raw"];
    const raw = await must("skopeo", ["inspect", ...options, `docker://${host}/site/library/nginx:1`]);
    expect(sha(Buffer.from(raw))).toBe(images["docker.io/library/nginx:1"].root.digest);
    expect(readFileSync(at("secure/auth.json"), "utf8")).toContain("auth");
  } finally {
    await registry.stop();
  }
}, 60_000);

test("the source on Deno pushes the same", async () => {
  await withTarget({}, async (target) => {
    const kso = ksoIn(at("home"), {}, "deno");
    const out = await works(kso("push", at("bundle.tar"), "--registry", `http://${target.host}`));
    expect(out.trim().split("\n").length).toBe(3);
    expect(target.tags["library/nginx:1"]).toBe(images["docker.io/library/nginx:1"].root.digest);
    expect(target.blob("library/nginx", sha(shared))).toEqual(shared);
  });
}, 60_000);
