// Logging in to a registry that asks for it, by the real network layer.
import { afterEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Http } from "../../src/http/http.ts";
import { Authorizer, Logins } from "../../src/oci/auth.ts";
import { type Credential, type Credentials, readCredentials } from "../../src/oci/credentials.ts";
import { openRegistry } from "../../src/oci/registry.ts";
import type { RepositoryReader } from "../../src/oci/repository-reader.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { image } from "../support/images.ts";
import { type RegistryOptions, startRegistry, type TestRegistry } from "../support/registry.ts";
import { temporary } from "../support/temp.ts";

const open: TestRegistry[] = [];
afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
});
const seeded = image({ platforms: { "linux/amd64": { layers: [sample(1000)] } } });

async function start(options: RegistryOptions): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  registry.add("team/app", seeded, "1");
  registry.add("team/other", seeded, "1");
  open.push(registry);
  return registry;
}
function credentials(credential?: Credential): Credentials & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async find(host, repository) {
      asked.push(`${host}/${repository}`);
      return credential;
    },
  };
}
const basic = (username: string, password: string): Credential => ({
  kind: "basic",
  username,
  password,
  source: "/f.json",
});
function repositoryOf(registry: TestRegistry, known: Credentials = credentials(), name = "team/app"): RepositoryReader {
  return openRegistry({ http: testHttp().http, credentials: known, base: registry.url, host: "quay.io" }).reader(name);
}
function quayAuthorizer(credentials: Credentials): Authorizer {
  return new Authorizer({
    http: testHttp().http,
    credentials,
    registryUrl: new URL("https://quay.io"),
    host: "quay.io",
  });
}
const tokensIn = ({ log }: TestRegistry): string[] => log.filter((line) => line.includes("/token"));

test("an anonymous token is requested once and serves all requests of a repository", async () => {
  const registry = await start({ auth: { kind: "token" } });
  const repository = repositoryOf(registry);
  expect(await repository.head("1")).toEqual(seeded.root);
  await Promise.all([repository.manifest("1"), repository.manifest("1"), repository.referrers(seeded.root.digest)]);
  expect(tokensIn(registry)).toHaveLength(1);
  expect(registry.log.filter((line) => line.endsWith(" 401"))).toHaveLength(1);
  expect(registry.surprises).toEqual([]);
});

test("requests that start together share one token", async () => {
  const registry = await start({ auth: { kind: "token" } });
  const repository = repositoryOf(registry);
  await Promise.all(Array.from({ length: 8 }, () => repository.head("1")));
  expect(tokensIn(registry)).toHaveLength(1);
});

test("each repository has a token of its own; credentials go to the token address as Basic, with the account", async () => {
  const registry = await start({ auth: { kind: "token", users: { "ann@example": "p:ü" }, anonymous: false } });
  const known = credentials(basic("ann@example", "p:ü"));
  const { reader: repository } = openRegistry({
    http: testHttp().http,
    credentials: known,
    base: registry.url,
    host: "quay.io",
  });
  await repository("team/app").head("1");
  await repository("team/other").head("1");
  expect(known.asked).toEqual(["quay.io/team/app", "quay.io/team/other"]);
  expect(tokensIn(registry).map((line) => new URLSearchParams(line.split(/[? ]/)[2]).get("scope"))).toEqual([
    "repository:team/app:pull",
    "repository:team/other:pull",
  ]);
  const shown = registry.requests.filter(({ headers }) => headers.authorization?.startsWith("Basic"));
  expect(shown.every(({ path }) => path.startsWith("/token?"))).toBeTrue();
});

test("a token that has expired is not used, one that was revoked is replaced", async () => {
  const short = await start({ auth: { kind: "token", life: 1 } });
  const first = repositoryOf(short);
  await first.head("1");
  await first.head("1");
  expect(tokensIn(short)).toHaveLength(2);

  const registry = await start({ auth: { kind: "token", life: 300 } });
  const repository = repositoryOf(registry);
  await repository.head("1");
  registry.revoke();
  await Promise.all([repository.head("1"), repository.head("1"), repository.head("1")]);
  expect(tokensIn(registry)).toHaveLength(2);
});

test("requests that are refused at the same moment share one new token", async () => {
  const registry = await start({ auth: { kind: "token" } });
  const url = new URL(registry.url);
  const authorizer = new Authorizer({
    http: testHttp().http,
    credentials: credentials(),
    registryUrl: url,
    host: "quay.io",
  });
  const challenge = `Bearer realm="${registry.url}/token?tenant=1",service="test \\"registry\\", inc"`;
  const old = await authorizer.forRequest("team/app").authorize(url, challenge);
  const requests = [1, 2, 3].map(() => authorizer.forRequest("team/app").authorize);
  expect(await Promise.all(requests.map((authorize) => authorize(url)))).toEqual([old, old, old]);
  const fresh = await Promise.all(requests.map((authorize) => authorize(url, challenge)));
  expect(new Set(fresh).size).toBe(1);
  expect(fresh[0]).not.toBe(old);
  expect(tokensIn(registry)).toHaveLength(2);
});

test("Basic is found out once", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  const repository = repositoryOf(registry, credentials(basic("ann", "p")));
  await repository.head("1");
  await repository.manifest("1");
  expect(registry.log.map((line) => line.slice(-3))).toEqual(["401", "200", "200"]);
});

test.each<[string, RegistryOptions["auth"]]>([
  ["Basic", { kind: "basic", users: { ann: "right" } }],
  ["token", { kind: "token", users: { ann: "right" }, anonymous: false }],
])("wrong credentials (%s) are refused once, naming where they come from and never themselves", async (_, auth) => {
  const registry = await start({ ...(auth && { auth }) });
  const cause = await rejection(repositoryOf(registry, credentials(basic("ann", "s3cret"))).head("1"));
  expect(cause).toMatchObject({ code: "fetch", status: 401 });
  expect(cause.message).toMatch(
    /refuses the credentials of \/f\.json|401 Unauthorized.*credentials are those of \/f\.json/,
  );
  expect(cause.message).not.toContain("s3cret");
  expect(registry.log.length).toBeLessThanOrEqual(3);
});

test("no credentials where some are needed", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  const cause = await rejection(repositoryOf(registry).head("1"));
  expect(cause).toMatchObject({ code: "fetch", status: 401 });
  expect(cause.message).toContain("it needs credentials for quay.io");
  expect(registry.log).toHaveLength(1);
});

test("401 for ever ends", async () => {
  const registry = await start({ auth: { kind: "token" } });
  const challenge = {
    "www-authenticate": `Bearer realm="${registry.url}/token?tenant=1",service="test \\"registry\\", inc"`,
  };
  registry.always(/\/v2\//, { status: 401, headers: challenge });
  expect(await rejection(repositoryOf(registry).head("1"))).toMatchObject({ code: "fetch", status: 401 });
  expect(registry.log.length).toBeLessThanOrEqual(4);
});

test.each([
  ["not an address", "not an address"],
  ["file:///etc/passwd", "not an address on the web"],
  ["http://user:s3cret@127.0.0.1/token", "has credentials in it"],
])("the token address %s is refused", async (realm, why) => {
  const registry = await start({ auth: { kind: "token", realm } });
  expect((await rejection(repositoryOf(registry).head("1"))).message).toContain(why);
});

test("a registry with encryption never gets credentials sent to a token address without", async () => {
  const registry = await start({ auth: { kind: "token" } });
  const known = credentials(basic("ann", "p"));
  const authorize = quayAuthorizer(known).forRequest("team/app").authorize;
  const challenge = `Bearer realm="${registry.url}/token?tenant=1"`;
  const cause = await rejection(authorize(new URL("https://quay.io/v2/"), challenge));
  expect(cause.message).toContain("not encrypted");
  expect(registry.log).toEqual([]);
});

test("another host that a registry redirects to gets no credentials", async () => {
  const authorize = quayAuthorizer(credentials(basic("ann", "p"))).forRequest("a").authorize;
  expect(await authorize(new URL("https://quay.io/v2/"), 'Basic realm="x"')).toStartWith("Basic ");
  expect(await authorize(new URL("https://cdn.example/x"))).toBeUndefined();
  expect(await authorize(new URL("https://cdn.example/x"), 'Basic realm="x"')).toBeUndefined();
});

test.each([
  ["<html>s3cret", "not JSON"],
  ['{"errors": "s3cret"}', "without a token"],
  ['{"token": "s3cret\\r\\nevil: 1"}', "cannot be in a header"],
  ['{"token": 17}', "without a token"],
])("a token endpoint that answers %p", async (body, why) => {
  const registry = await start({ auth: { kind: "token" } });
  registry.always(/\/token/, { status: 200, body });
  const cause = await rejection(repositoryOf(registry).head("1"));
  expect(cause.message).toContain("Cannot log in to quay.io");
  expect(cause.message).toContain(why);
  expect(cause.message).not.toContain("s3cret");
});

test("an identity token is exchanged for a token by POST, and stays out of every URL", async () => {
  const registry = await start({ auth: { kind: "token", identity: "refresh-1", anonymous: false } });
  const known = credentials({ kind: "identity", token: "refresh-1", source: "/f.json" });
  const repository = openRegistry({
    http: testHttp().http,
    credentials: known,
    base: registry.url,
    host: "quay.io",
  }).reader("team/app");
  expect(await repository.head("1")).toEqual(seeded.root);
  expect(registry.log.join()).not.toContain("refresh-1");
  const [bought] = registry.requests.filter(({ method }) => method === "POST");
  expect(Object.fromEntries(new URLSearchParams(bought?.body))).toMatchObject({
    grant_type: "refresh_token",
    scope: "repository:team/app:pull",
  });
});

/** Twenty repositories of one registry, all asked at once, twice. */
async function askAll(registry: TestRegistry, known: Credentials): Promise<PromiseSettledResult<unknown>[]> {
  const { reader } = openRegistry({ http: testHttp().http, credentials: known, base: registry.url, host: "quay.io" });
  const names = Array.from({ length: 20 }, (_, index) => `team/app-${index}`);
  for (const name of names) registry.add(name, seeded, "1");
  return await Promise.allSettled([...names, ...names].map((name) => reader(name).head("1")));
}
const refusals = ({ log }: TestRegistry): string[] => log.filter((line) => line.endsWith(" 401"));

test("Basic is found out once for the whole host, by the first of many requests that start together", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  const answers = await askAll(registry, credentials(basic("ann", "p")));
  expect(answers.filter(({ status }) => status === "rejected")).toEqual([]);
  expect(refusals(registry)).toHaveLength(1);
});

test("the challenge for tokens is found out once for the whole host; each scope has one token", async () => {
  const registry = await start({ auth: { kind: "token", users: { ann: "p" }, anonymous: false } });
  const answers = await askAll(registry, credentials(basic("ann", "p")));
  expect(answers.filter(({ status }) => status === "rejected")).toEqual([]);
  expect(refusals(registry)).toHaveLength(1);
  expect(tokensIn(registry)).toHaveLength(20);
});

test.each<[string, NonNullable<RegistryOptions["auth"]>]>([
  ["Basic", { kind: "basic", users: { ann: "right" } }],
  ["token", { kind: "token", users: { ann: "right" }, anonymous: false }],
])("a wrong password (%s) is sent once, however many requests want it: hosts lock users out", async (_, auth) => {
  const registry = await start({ auth });
  const answers = await askAll(registry, credentials(basic("ann", "wrong")));
  const sent = registry.requests.filter(({ headers }) => headers.authorization?.startsWith("Basic"));
  expect(sent).toHaveLength(1);
  const causes = answers.map((answer) => (answer.status === "rejected" ? String(answer.reason) : "arrived"));
  expect(causes.filter((cause) => !cause.includes("/f.json"))).toEqual([]);
});

test("a login that works elsewhere on the host is refused for one repository alone", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  registry.always(/team\/other/, { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
  const known = credentials(basic("ann", "p"));
  const { reader } = openRegistry({ http: testHttp().http, credentials: known, base: registry.url, host: "quay.io" });
  await reader("team/app").head("1");
  expect((await rejection(reader("team/other").head("1"))).message).toContain("refuses the credentials");
  expect(await reader("team/app").head("1")).toEqual(seeded.root);
});

test("a first request that fails holds up nobody", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  registry.fault(/team\/app-0/, { status: 404 }, { status: 404 });
  const answers = await askAll(registry, credentials(basic("ann", "p")));
  expect(answers.filter(({ status }) => status === "rejected")).toEqual([]);
});

test("registries that are opened with the same logins share what they found out", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  const { http } = testHttp();
  const known = credentials(basic("ann", "p"));
  const logins = new Logins({ http, credentials: known });
  const opened = [1, 2, 3].map(() =>
    openRegistry({ http, credentials: known, base: registry.url, host: "quay.io", logins }),
  );
  await Promise.all(opened.map(({ reader }) => reader("team/app").head("1")));
  expect(refusals(registry)).toHaveLength(1);
});

test("a host may let everybody read and nobody write: each is found out once", async () => {
  const url = new URL("https://quay.io");
  const authorizer = quayAuthorizer(credentials(basic("ann", "p")));
  const first = authorizer.forRequest("a");
  expect(await first.authorize(url)).toBeUndefined();
  first.onAnswer(200);
  expect(await authorizer.forRequest("b").authorize(url)).toBeUndefined();
  const write = authorizer.forRequest("a", "write");
  expect(await write.authorize(url)).toBeUndefined();
  const waiting = authorizer.forRequest("b", "write").authorize(url);
  expect(await write.authorize(url, 'Basic realm="x"')).toStartWith("Basic ");
  write.onAnswer(202);
  expect(await waiting).toStartWith("Basic ");
  expect(await authorizer.forRequest("c").authorize(url)).toStartWith("Basic ");
});

test.each([
  ['Bearer realm="https://auth.example/t",scope="repository:a:pull"', "repository:b:pull"],
  ['Bearer realm="https://auth.example/t"', "repository:b:pull"],
  ['Bearer realm="https://auth.example/t",scope="aws"', "aws"],
])("after the challenge %p another repository asks for a token by itself", async (challenge, scope) => {
  const asked: string[] = [];
  const http = { ...testHttp().http, send: tokenEndpoint(asked) };
  const registryUrl = new URL("https://quay.io");
  const authorizer = new Authorizer({ http, credentials: credentials(), registryUrl, host: "quay.io" });
  await authorizer.forRequest("a").authorize(registryUrl, challenge);
  await authorizer.forRequest("b").authorize(registryUrl);
  expect(asked.at(-1)).toBe(scope);
});

test.each([
  'Bearer realm="https://auth.example/t",scope="repository:library/a:pull"',
  'Bearer realm="https://auth.example/t?repository=team/a"',
])("the challenge %p says nothing of another repository", async (challenge) => {
  const http = { ...testHttp().http, send: tokenEndpoint([]) };
  const registryUrl = new URL("https://quay.io");
  const authorizer = new Authorizer({ http, credentials: credentials(), registryUrl, host: "quay.io" });
  await authorizer.forRequest("team/a").authorize(registryUrl, challenge);
  expect(await authorizer.forRequest("team/b").authorize(registryUrl)).toBeUndefined();
});

/** Answers every request with a token, and notes the scope. */
function tokenEndpoint(asked: string[]): Http["send"] {
  return async ({ url }) => {
    asked.push(new URL(url).searchParams.get("scope") ?? "");
    const bytes = new TextEncoder().encode('{"token":"t"}');
    return { status: 200, headers: new Headers(), url, bytes: async () => bytes, cancel: async () => undefined };
  };
}

test("netrc: a login for the host by name is the last resort, after the challenge; `default` is for no registry", async () => {
  const registry = await start({ auth: { kind: "basic", users: { ann: "p" } } });
  const netrc = (text: string, env = {}) =>
    repositoryOf(registry, readCredentials(env, "/nonexistent", { path: "/home/ann/.netrc", text }));
  expect(await netrc("machine 127.0.0.1 login ann password p").head("1")).toEqual(seeded.root);
  const other = await rejection(netrc("default login ann password p").head("1"));
  expect(other).toMatchObject({ status: 401 });
  using folder = temporary();
  const file = join(folder.path, "auth.json");
  const auth = Buffer.from("ann:p").toString("base64");
  writeFileSync(file, JSON.stringify({ auths: { "quay.io": { auth } } }));
  const wrong = "machine 127.0.0.1 login eve password wrong";
  expect(await netrc(wrong, { REGISTRY_AUTH_FILE: file }).head("1")).toEqual(seeded.root);
  const sent = registry.requests.flatMap(({ headers }) => headers.authorization ?? []);
  expect(new Set(sent)).toEqual(new Set([`Basic ${auth}`]));
});

test("netrc: a token address gets the login that is for its own host, and none by `default`", async () => {
  const registry = await start({ auth: { kind: "token", users: { ann: "p" } } });
  const netrc = (text: string) => readCredentials({}, "/nonexistent", { path: "/home/ann/.netrc", text });
  await repositoryOf(registry, netrc("default login eve password x")).head("1");
  await repositoryOf(registry, netrc("machine quay.io login eve password x")).head("1");
  expect(registry.requests.flatMap(({ headers }) => headers.authorization ?? []).join()).not.toContain("Basic");
  await repositoryOf(registry, netrc("machine 127.0.0.1 login ann password p")).head("1");
  const [shown] = registry.requests.filter(({ headers }) => headers.authorization?.startsWith("Basic"));
  expect(shown?.path).toStartWith("/token?");
});
