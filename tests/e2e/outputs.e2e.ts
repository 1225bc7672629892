// The compiled binary never writes to what it reads, nor over what kso did not write.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { image } from "../support/images.ts";
import { bulk, type Contents, openSite, type Ran, type Site, start } from "../support/site.ts";

const contents: Contents = {
  files: { "amd64/one": bulk("one", 900_000), "arm64/two": bulk("two", 600_000) },
  images: {
    "team/app:1": image({
      platforms: { "linux/amd64": { layers: [bulk("app", 3000)] }, "linux/arm64": { layers: [bulk("arm", 3000)] } },
    }),
  },
};
let site: Site;
const at = (name: string): string => join(site.folder, name);

beforeAll(async () => {
  site = await openSite(contents);
  writeFileSync(at("extra.json"), "{}");
  for (const name of ["site.yaml", "kso.yaml"]) writeFileSync(at(name), "jobs: 2\n");
  for (const output of [
    ["-o", "base.tar"],
    ["-o", "split.tar", "--split", "1MiB"],
  ])
    expect(await site.kso("export", "--format", "tarball", "--lock", "l.json", ...output)).toMatchObject({ code: 0 });
  symlinkSync("base.tar", at("soft"));
  linkSync(at("base.tar"), at("hard.tar"));
}, 60_000);
afterAll(async () => await site?.[Symbol.asyncDispose]());

/** All that is in the folder, by name and content. */
function everything(): Map<string, string> {
  const names = readdirSync(site.folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile() && !one.parentPath.includes("/users"));
  return new Map(
    files.map((one) => [join(one.parentPath, one.name), readFileSync(join(one.parentPath, one.name), "latin1")]),
  );
}

describe("an output that is an input: exit 2, and nothing is touched", () => {
  const exporting =
    (...flags: string[]) =>
    (): Promise<Ran> =>
      site.kso("export", "--format", "tarball", ...flags);
  const cases: [what: string, run: () => Promise<Ran>][] = [
    ["the base", exporting("--base", "base.tar", "-o", "base.tar", "--lock", "l.json")],
    ["the base by another name", exporting("--base", "base.tar", "-o", "./store/../base.tar", "--lock", "l.json")],
    ["the base by a link", exporting("--base", "base.tar", "-o", "soft", "--lock", "l.json")],
    ["the base by a hard link", exporting("--base", "base.tar", "-o", "hard.tar", "--lock", "l.json")],
    ["a volume of the base", exporting("--base", "split.tar.volumes.json", "-o", "split.tar.002", "--lock", "l.json")],
    [
      "the whole of the base's volumes",
      exporting("--base", "split.tar.001", "-o", "split.tar", "--split", "1MiB", "--lock", "l.json"),
    ],
    ["the lock", exporting("--lock", "l.json", "-o", "l.json")],
    ["the lock by default", exporting("-o", "kso.lock.json")],
    ["failures.json", exporting("--lock", "l.json", "-o", "failures.json")],
    ["a place in the store", exporting("--lock", "l.json", "-o", "store/blobs/x.tar")],
    ["the store", () => site.kso("export", "--format", "registry", "--lock", "l.json", "-o", "store")],
    ["a folder that holds the store", () => site.kso("export", "--format", "image", "--lock", "l.json", "-o", ".")],
    ["the lock, from fetch", () => site.kso("fetch", "--lock", "store/l.json")],
    ["the extra list", () => site.kso("fetch", "--extra", "extra.json", "--lock", "extra.json")],
    ["kso.yaml that was named", exporting("--config", "site.yaml", "-o", "site.yaml", "--lock", "l.json", "--force")],
    ["kso.yaml that was found", exporting("-o", "kso.yaml", "--lock", "l.json", "--force")],
    [
      "a bundle, from config",
      () =>
        start(
          [
            "config",
            "kubespray",
            "base.tar",
            "--registry-host",
            "h:5000",
            "--files-url",
            "http://h/k8s",
            "-o",
            "base.tar",
          ],
          site.folder,
        ).ended,
    ],
    ["a bundle, from serve", () => start(["serve", "base.tar", "--missing", "base.tar"], site.folder).ended],
  ];
  test.each(cases)(
    "%s",
    async (_, run) => {
      const before = everything();
      const running = run();
      const { code, err } = await running;
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("an output is never an input") });
      const after = everything();
      for (const [path, content] of before)
        expect(after.get(path) === content ? path : `${path} was changed`).toBe(path);
    },
    30_000,
  );
});

describe("what kso did not write: exit 2, or with --force kept", () => {
  const config =
    (...flags: string[]) =>
    (): Promise<Ran> =>
      start(["config", ...flags, "--registry-host", "h:5000", "--files-url", "http://h/k8s"], site.folder).ended;
  const exporting =
    (format: string, ...flags: string[]) =>
    (): Promise<Ran> =>
      site.kso("export", "--format", format, "--lock", "l.json", ...flags);
  const plan =
    (format: string, ...flags: string[]) =>
    (): Promise<Ran> =>
      start(["export", "--format", format, ...site.flags, ...flags], site.folder).ended;
  const cases: [what: string, path: string, run: (...more: string[]) => Promise<Ran>][] = [
    ["variables", "offline.yml", (...more) => config("kubespray", "base.tar", "-o", "offline.yml", ...more)()],
    [
      "a mirror file",
      "certs.d/images.test/hosts.toml",
      (...more) => config("containerd", "base.tar", "-o", "certs.d", ...more)(),
    ],
    ["Docker's settings", "docker/daemon.json", (...more) => config("docker", "base.tar", "-o", "docker", ...more)()],
    ["a bundle", "out.tar", (...more) => exporting("tarball", "-o", "out.tar", ...more)()],
    ["a volume", "vol.tar.001", (...more) => exporting("tarball", "-o", "vol.tar", "--split", "1MiB", ...more)()],
    ["a list", "list/images.list", (...more) => plan("list", "-o", "list", ...more)()],
    ["a build context", "context/nginx.conf", (...more) => plan("dockerfile", "-o", "context", ...more)()],
    ["the lock", "lock.json", (...more) => site.kso("fetch", "--lock", "lock.json", ...more)],
    [
      "the lock with --update",
      "other.json",
      (...more) => site.kso("fetch", "--update", "--lock", "other.json", ...more),
    ],
  ];
  test.each(cases)(
    "%s",
    async (_, path, run) => {
      mkdirSync(join(at(path), ".."), { recursive: true });
      writeFileSync(at(path), "mine");
      const refused = await run();
      expect(refused).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${path}: there is one already that kso did not write`),
      });
      expect(readFileSync(at(path), "utf8")).toBe("mine");
      const forced = await run("--force");
      expect(forced.code).toBe(0);
      expect(forced.err).toContain(`${path}.bak`);
      expect(readFileSync(at(`${path}.bak`), "utf8")).toBe("mine");
      expect(readFileSync(at(path), "latin1")).not.toBe("mine");
      // Success says the path, and from now on it is kso's.
      expect(`${forced.out}${forced.err.replaceAll(`${path} is kept`, "")}`).toContain(path.split("/")[0] ?? "");
      expect(await run()).toMatchObject({ code: 0 });
    },
    60_000,
  );

  test("an empty file is nobody's", async () => {
    writeFileSync(at("empty.tar"), "");
    expect(await exporting("tarball", "-o", "empty.tar")()).toMatchObject({ code: 0 });
    expect(existsSync(at("empty.tar.bak"))).toBeFalse();
  }, 30_000);
});

test("two bundles with one lock: what the lock no longer has is said, and kept", async () => {
  cpSync(at("l.json"), at("shared.json"));
  const { err } = await site.kso("fetch", "--lock", "shared.json", "--arch", "amd64");
  expect(err).toMatch(/shared\.json no longer has 1 file that it had: as it was, it is shared\.json\.bak/);
  expect(readFileSync(at("shared.json.bak"), "utf8")).toBe(readFileSync(at("l.json"), "utf8"));
}, 30_000);
