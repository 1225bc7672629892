// Where people have logged in, with which tool, and how that goes wrong.
import { afterAll, beforeEach, expect, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outputFile, outputJson } from "fs-extra";
import { readCredentials } from "../../src/oci/credentials.ts";
import { rejection } from "../support/http.ts";
import { temporary } from "../support/temp.ts";

const base = temporary();
afterAll(() => base[Symbol.dispose]());
let home = "";
let count = 0;
beforeEach(() => {
  home = join(base.path, String(count++));
});

const basic = (username: string, password: string): { auth: string } => ({
  auth: Buffer.from(`${username}:${password}`).toString("base64"),
});
const found = async (host: string, repository = "a/b", env: Record<string, string> = {}): Promise<string> => {
  const credential = await readCredentials(env, home).find(host, repository);
  if (!credential) return "nothing";
  return credential.kind === "basic" ? `${credential.username}:${credential.password}` : `token ${credential.token}`;
};
const docker = (content: unknown): Promise<void> => outputJson(join(home, ".docker/config.json"), content);

/** A helper that knows one server, and writes down what it is asked. */
async function helper(name: string, script: string): Promise<{ PATH: string; asked: string }> {
  const asked = join(home, "bin", `${name}.asked`);
  const path = join(home, "bin", `docker-credential-${name}`);
  await outputFile(path, `#!/bin/sh\nread -r server\necho "$1 $server" >>'${asked}'\n${script}\n`);
  chmodSync(path, 0o755);
  return { PATH: `${join(home, "bin")}:/usr/bin:/bin`, asked };
}

test("nobody has logged in anywhere", async () => {
  expect(await found("quay.io")).toBe("nothing");
  await docker({ auths: { "quay.io": {} }, HttpHeaders: { a: "b" } });
  expect(await found("quay.io")).toBe("nothing");
  await outputFile(join(home, ".docker/config.json"), "");
  expect(await found("quay.io")).toBe("nothing");
});

test.each([
  "https://index.docker.io/v1/",
  "index.docker.io",
  "docker.io",
  "registry-1.docker.io",
  "https://registry-1.docker.io/v2/",
])("Docker Hub as %s", async (key) => {
  await docker({ auths: { "quay.io": basic("wrong", "x"), [key]: basic("ann", "a:b") } });
  expect(await found("docker.io", "library/nginx")).toBe("ann:a:b");
  expect(await found("ghcr.io")).toBe("nothing");
});

test("the longest of Podman's names wins, and only whole parts count", async () => {
  await docker({
    auths: { "quay.io": basic("host", "1"), "quay.io/org": basic("org", "2"), "quay.io/org/app": basic("app", "3") },
  });
  expect(await found("quay.io", "org/app")).toBe("app:3");
  expect(await found("quay.io", "org/app/deep")).toBe("app:3");
  expect(await found("quay.io", "org/application")).toBe("org:2");
  expect(await found("quay.io", "organisation/app")).toBe("host:1");
  expect(await found("quay.io:8443", "org/app")).toBe("nothing");
});

test("identity tokens, plain names, and the zeros of old clients", async () => {
  await docker({
    auths: {
      "a.example": { ...basic("<token>", ""), identitytoken: "refresh-1" },
      "https://b.example": { username: "bob", password: "p" },
      "c.example": basic("carl", "p\0\0"),
    },
  });
  expect(await found("a.example")).toBe("token refresh-1");
  expect(await found("b.example")).toBe("bob:p");
  expect(await found("c.example")).toBe("carl:p");
});

test("places in their order", async () => {
  const place = (path: string, user: string): Promise<void> =>
    outputJson(join(home, path), { auths: { "quay.io": basic(user, "p") } });
  const env: Record<string, string> = {};
  await place(".docker/config.json", "docker-home");
  expect(await found("quay.io", "a", env)).toBe("docker-home:p");
  await place("docker/config.json", "docker-config");
  env["DOCKER_CONFIG"] = join(home, "docker");
  expect(await found("quay.io", "a", env)).toBe("docker-config:p");
  await place(".config/containers/auth.json", "xdg-home");
  expect(await found("quay.io", "a", env)).toBe("xdg-home:p");
  await place("xdg/containers/auth.json", "xdg-config");
  env["XDG_CONFIG_HOME"] = join(home, "xdg");
  expect(await found("quay.io", "a", env)).toBe("xdg-config:p");
  await place("run/containers/auth.json", "runtime");
  env["XDG_RUNTIME_DIR"] = join(home, "run");
  expect(await found("quay.io", "a", env)).toBe("runtime:p");
  await place("named.json", "named");
  env["REGISTRY_AUTH_FILE"] = join(home, "named.json");
  expect(await found("quay.io", "a", env)).toBe("named:p");
  env["REGISTRY_AUTH_FILE"] = join(home, "gone.json");
  expect((await rejection(found("quay.io", "a", env))).message).toContain(join(home, "gone.json"));
});

test("a helper is asked once, in its own words, about its own hosts", async () => {
  const { PATH, asked } = await helper("store", `echo '{"ServerURL":"x","Username":"hal","Secret":"s3"}'`);
  const { asked: gcr } = await helper("gcr", `echo '{"Username":"<token>","Secret":"refresh-2"}'`);
  await docker({ credsStore: "store", credHelpers: { "gcr.io": "gcr" }, auths: { "https://index.docker.io/v1/": {} } });
  const credentials = readCredentials({ PATH }, home);
  const [one, two] = await Promise.all([credentials.find("docker.io", "a/b"), credentials.find("docker.io", "c/d")]);
  expect(one).toMatchObject({ kind: "basic", username: "hal", password: "s3" });
  expect(two).toEqual(one);
  expect(await credentials.find("gcr.io", "a")).toMatchObject({ kind: "identity", token: "refresh-2" });
  expect(readFileSync(asked, "utf8")).toBe("get https://index.docker.io/v1/\n");
  expect(readFileSync(gcr, "utf8")).toBe("get gcr.io\n");
});

test("a helper that knows nothing leaves it to the file", async () => {
  const { PATH } = await helper("store", "echo 'credentials not found in native keychain'; exit 1");
  await docker({ credsStore: "store", auths: { "quay.io": basic("ann", "p") } });
  expect(await found("quay.io", "a", { PATH })).toBe("ann:p");
  expect(await found("ghcr.io", "a", { PATH })).toBe("nothing");
});

test.each([
  ["fails", "echo 's3cret'; echo s3cret >&2; exit 3", "exit code 3"],
  ["babbles", "echo 's3cret'", "not a user name and a secret"],
  ["never ends", "exec tr '\\0' s </dev/zero", "does not end"],
])("a helper that %s is named, without a word of what it said", async (_, script, why) => {
  const { PATH } = await helper("bad", script);
  await docker({ credsStore: "bad" });
  const cause = await rejection(found("quay.io", "a", { PATH }));
  expect(cause.code).toBe("usage");
  expect(cause.message).toContain("docker-credential-bad");
  expect(cause.message).toContain(join(home, ".docker/config.json"));
  expect(cause.message).toContain(why);
  expect(cause.message).not.toContain("s3cret");
});

test("a helper that is not installed, or not a name", async () => {
  await docker({ credHelpers: { "a.example": "desktop.exe", "b.example": "../evil" } });
  expect((await rejection(found("a.example", "a", { PATH: home }))).message).toContain("no such program");
  expect((await rejection(found("b.example", "a", { PATH: home }))).message).toContain("not the name of a helper");
});

test.each([
  ['{"auths": {"quay.io": {"auth": "s3cret', "it is not JSON"],
  ['{"auths": {"quay.io": {"auth": 17}}}', '"auths.quay.io.auth"'],
  ['["s3cret"]', "it is a list"],
  ['"s3cret"', '"the whole"'],
  [`{"auths": {"quay.io": {"auth": "${Buffer.from("s3cret").toString("base64")}"}}}`, "NAME:PASSWORD"],
])("a broken file is named, without its secrets: %s", async (text, why) => {
  await outputFile(join(home, ".docker/config.json"), text);
  const cause = await rejection(found("quay.io"));
  expect(cause.code).toBe("usage");
  expect(cause.message).toContain(join(home, ".docker/config.json"));
  expect(cause.message).toContain(why);
  expect(cause.message).not.toMatch(/s3cret|czNjcmV0/);
  expect(String(cause.cause)).not.toContain("s3cret");
});
