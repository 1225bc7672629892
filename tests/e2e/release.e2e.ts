// What `npm run release` made, as those take it who download it: sums, machine codes, the container image, man pages, completion,
// install.sh over a network that fails, and a bundle made by a user who has one binary. Run by .ci/run after release/main.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { interpreterOf, machineOf } from "../../src/machine-code/elf.ts";
import { home, version } from "../../src/runtime/build.ts";
import {
  createBuildah,
  must,
  type Outcome,
  requireTools,
  run,
  type Server,
  serveDirectory,
} from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { headersOf } from "../support/executables.ts";
import { digestOf } from "../support/fetching.ts";
import { firstRelease, type Origin, startOrigin } from "../support/origin.ts";
import { root } from "../support/paths.ts";
import { temporary } from "../support/temp.ts";
import { serveFiles, type UpstreamFile } from "../support/upstream.ts";

const release = join(root, "dist/release");
const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const file = (name: string): Uint8Array => readFileSync(join(release, name));
let server: Server;
const site = (): string => `http://127.0.0.1:${server.port}`;

beforeAll(async () => {
  await requireTools({
    busybox: "busybox-static",
    dash: "dash",
    shellcheck: "shellcheck",
    mandoc: "mandoc",
    groff: "groff",
    skopeo: "skopeo",
    buildah: "buildah",
    "qemu-aarch64-static": "qemu-user-static",
  });
  if (!existsSync(join(release, "SHA256SUMS"))) throw new Error("This test needs dist/release: npm run release");
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  mkdirSync(at("site/download"), { recursive: true });
  mkdirSync(at("site/latest"));
  mkdirSync(at("nginx"));
  symlinkSync(release, at("site/download", `v${version}`));
  symlinkSync(release, at("site/latest/download"));
  server = await serveDirectory(at("nginx"), at("site"));
}, 60_000);
afterAll(async () => {
  await server?.stop();
  folder[Symbol.dispose]();
});

test("everything is there, and its sums are right", async () => {
  const names = [
    ...[
      "install.sh",
      "kso-completions.tar.gz",
      "kso-darwin-amd64",
      "kso-darwin-arm64",
      "kso-image.tar",
      "kso-linux-amd64",
    ],
    ...[
      "kso-linux-amd64-musl",
      "kso-linux-arm64",
      "kso-linux-arm64-musl",
      "kso-man.tar.gz",
      "kso-windows-amd64.exe",
      "kso.cdx.json",
    ],
  ];
  expect(readdirSync(release).sort()).toEqual(["SHA256SUMS", ...names]);
  const checked = await must("sh", ["-c", `cd '${release}' && sha256sum --check --strict SHA256SUMS`]);
  expect(checked.trim().split("\n")).toEqual(names.map((name) => `${name}: OK`));
});

test.each([
  ["kso-linux-amd64", "x86-64", "/lib64/ld-linux-x86-64.so.2"],
  ["kso-linux-arm64", "AArch64", "/lib/ld-linux-aarch64.so.1"],
  ["kso-linux-amd64-musl", "x86-64", "/lib/ld-musl-x86_64.so.1"],
  ["kso-linux-arm64-musl", "AArch64", "/lib/ld-musl-aarch64.so.1"],
])("%s is for %s, and %s starts it", (name, machine, loader) => {
  const bytes = file(name);
  expect([machineOf(bytes), interpreterOf(bytes)]).toEqual([machine, loader]);
  const symbols = new Set(new TextDecoder("latin1").decode(bytes).match(/GLIBC_2\.\d+/g));
  expect([...symbols].map((symbol) => Number(symbol.slice(8))).sort((a, b) => b - a)[0] ?? 17).toBe(17);
  // A kernel maps a program in pages of its own size: those of arm64 have up to 64 KiB.
  const { alignments } = headersOf(bytes);
  expect(alignments.length).toBeGreaterThan(1);
  expect(Math.min(...alignments)).toBeGreaterThanOrEqual(machine === "AArch64" ? 65_536 : 4096);
});

test.each([
  ["kso-darwin-arm64", "Mach-O arm64"],
  ["kso-darwin-amd64", "Mach-O x86-64"],
  ["kso-windows-amd64.exe", "PE x86-64"],
])("%s is a program for %s, and macOS finds every page as it was signed", (name, format) => {
  const headers = headersOf(file(name));
  expect(headers.format).toBe(format);
  // macOS starts nothing on arm64 that is not signed, if only by a digest of each page, and ends what was changed after that.
  if (name.startsWith("kso-darwin")) expect(headers.signedPages).toBeGreaterThan(1000);
  expect(headers.damagedPages ?? 0).toBe(0);
});

test("the container image has both architectures, runs kso as nobody, and skopeo reads it", async () => {
  const image = `oci-archive:${join(release, "kso-image.tar")}:kso:${version}`;
  for (const arch of ["amd64", "arm64"]) {
    const { Architecture, Labels } = JSON.parse(await must("skopeo", ["inspect", "--override-arch", arch, image]));
    expect([Architecture, Labels["org.opencontainers.image.version"]]).toEqual([arch, version]);
    expect(Labels["org.opencontainers.image.source"]).toBe(home);
  }
  const buildah = await createBuildah(at("buildah"));
  try {
    for (const arch of ["amd64", "arm64"]) {
      await buildah.must("from", "--arch", arch, "--name", arch, image);
      const tree = (await buildah.must("mount", arch)).trim();
      const program = join(tree, "usr/bin/kso");
      // Another architecture's program runs without a container: only there is its emulator.
      const ran = await (arch === "amd64"
        ? buildah.must("run", arch, "--", "/usr/bin/kso", "--version")
        : must("qemu-aarch64-static", ["-L", tree, program, "--version"]));
      expect(ran).toContain(`kso ${version}`);
    }
    const ran = await buildah.must(
      "run",
      "amd64",
      "--",
      "/usr/bin/kso",
      "export",
      "--format",
      "list",
      "--only",
      "etcd",
      "-o",
      "out",
    );
    expect(ran).toContain("out/files-arm64.list");
  } finally {
    await buildah.close();
  }
}, 120_000);

test("man pages have no warning in two formatters, for each command in both languages", async () => {
  mkdirSync(at("share-man"));
  await must("tar", ["-xzf", join(release, "kso-man.tar.gz"), "-C", at("share-man")]);
  const pages = readdirSync(at("share-man"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".1"),
  );
  const help = await must(join(release, "kso-linux-amd64"), ["--help"], { LC_ALL: "C" });
  const commands = [...help.slice(help.indexOf("Commands:")).matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(12);
  for (const name of ["kso", ...commands.map((command) => `kso-${command}`)])
    expect(pages).toContain(`man/man1/${name}.1`);
  expect(pages.filter((page) => page.startsWith("man/zh_CN/")).length).toBe(pages.length / 2);
  for (const page of pages) {
    const linted = await run("mandoc", ["-T", "lint", "-W", "warning", at("share-man", page)]);
    expect([page, linted.code, linted.stdout]).toEqual([page, 0, ""]);
    // Chinese is broken between any two characters, as its own macros say.
    const formatted = await run("groff", [
      ...[
        "-man",
        ...(page.startsWith("man/zh_CN/") ? ["-mzh"] : []),
        "-Kutf8",
        "-Tutf8",
        "-ww",
        "-z",
        at("share-man", page),
      ],
    ]);
    expect([page, formatted.code, formatted.stderr]).toEqual([page, 0, ""]);
  }
  const shown = await must("mandoc", ["-T", "utf8", at("share-man/man/man1/kso-export.1")]);
  expect(shown).toContain("--with-binaries".replace(/./g, (letter) => `${letter}\b${letter}`));
}, 120_000);

test("completion files work where packages put them", async () => {
  mkdirSync(at("share"));
  await must("tar", ["-xzf", join(release, "kso-completions.tar.gz"), "-C", at("share")]);
  const script = `. '${at("share/bash-completion/completions/kso")}' && COMP_WORDS=(kso ser) COMP_CWORD=1 && $(complete -p kso | sed 's/.*-F \\([^ ]*\\).*/\\1/') && echo "\${COMPREPLY[@]}"`;
  expect(await must("bash", ["-c", script])).toBe("serve\n");
  expect(readdirSync(at("share"), { recursive: true, encoding: "utf8" })).toContain("zsh/site-functions/_kso");
});

test("the script and the workflows have no warning of those who check such", async () => {
  expect(await must("shellcheck", [join(release, "install.sh")])).toBe("");
  const workflows = readdirSync(join(root, ".github/workflows")).map((name) => join(root, ".github/workflows", name));
  expect(await must(counterpart("actionlint"), ["-shellcheck=shellcheck", ...workflows])).toBe("");
});

/** Shells as their users have them, and where the script's programs are. */
const shells = { dash: ["dash"], busybox: ["busybox", "sh"] } as const;

/** Runs install.sh from standard input, as `curl | sh` does. */
function install(shell: keyof typeof shells, variables: Record<string, string>): Promise<Outcome> {
  const [program, ...words] = shells[shell];
  const command = [program, ...words].map((word) => `'${word}'`).join(" ");
  return run("sh", ["-c", `exec ${command} -s <'${join(release, "install.sh")}'`], {
    HOME: at(shell),
    KSO_VERSION: "",
    ...variables,
  });
}

test.each(["dash", "busybox"] as const)(
  "install.sh on %s: the newest version into the user's folder, which PATH lacks",
  async (shell) => {
    mkdirSync(at(shell));
    const { code, stderr } = await install(shell, { KSO_MIRROR: site(), PATH: "/usr/bin:/bin" });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`kso ${version} is installed: ${at(shell)}/.local/bin/kso`),
    ]);
    expect(stderr).toContain(`export PATH="${at(shell)}/.local/bin:$PATH"`);
    expect(stderr).toContain("Next: ");
    expect(digestOf(readFileSync(at(shell, ".local/bin/kso")))).toBe(digestOf(file("kso-linux-amd64")));
    expect(readdirSync(at(shell, ".local/bin"))).toEqual(["kso"]);
    // Once more, into a folder of its own that is in PATH, and a version by its name.
    const folder = at(shell, "my bin");
    const again = await install(shell, {
      KSO_MIRROR: `${site()}/`,
      KSO_VERSION: `v${version}`,
      KSO_INSTALL_DIR: folder,
      PATH: `${process.env["PATH"]}:${folder}`,
    });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("Next: kso --help")]);
    expect(await must(join(folder, "kso"), ["--version"])).toContain(version);
  },
  60_000,
);

const fake = new TextEncoder().encode("#!/bin/sh\necho kso 9.9.9\n");
const sums = (bytes: Uint8Array, name = "kso-linux-amd64"): Uint8Array =>
  new TextEncoder().encode(`${digestOf(bytes).slice(7)}  ${name}\n`);
const page: UpstreamFile = {
  bytes: new TextEncoder().encode("<html>Log in</html>"),
  headers: { "content-type": "text/html" },
};

describe.each(["dash", "busybox"] as const)("install.sh on %s keeps what was there", (shell) => {
  test.each([
    ["a release that is not there", {}, "SHA256SUMS cannot be fetched"],
    ["a page in place of the sums", { SHA256SUMS: page }, "has no line for kso-linux-amd64"],
    ["no build for this machine", { SHA256SUMS: sums(fake, "kso-plan9-mips") }, "has no line for kso-linux-amd64"],
    ["sums without their binary", { SHA256SUMS: sums(fake) }, "cannot be fetched whole"],
    ["a page in place of the binary", { SHA256SUMS: sums(fake), "kso-linux-amd64": page }, "nothing was installed"],
    ["another binary", { SHA256SUMS: sums(fake), "kso-linux-amd64": file("install.sh") }, "nothing was installed"],
    [
      "a binary that does not run",
      { SHA256SUMS: sums(new Uint8Array(9)), "kso-linux-amd64": new Uint8Array(9) },
      "does not run here",
    ],
  ])("%s", async (name, files, words) => {
    await using upstream = await serveFiles(
      Object.fromEntries(Object.entries(files).map(([path, content]) => [`/latest/download/${path}`, content])),
    );
    const bin = at(shell, name);
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "kso"), "the one before");
    const { code, stderr } = await install(shell, { KSO_MIRROR: upstream.url, KSO_INSTALL_DIR: bin });
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(readdirSync(bin)).toEqual(["kso"]);
    expect(readFileSync(join(bin, "kso"), "utf8")).toBe("the one before");
  });

  test("a download that is cut is fetched anew or refused, never kept", async () => {
    await using upstream = await serveFiles({
      "/latest/download/SHA256SUMS": sums(fake),
      "/latest/download/kso-linux-amd64": fake,
    });
    const cut = { fault: "cut", after: 5 } as const;
    upstream.script("/latest/download/kso-linux-amd64", cut, cut, cut, cut, cut, cut, cut, cut);
    const bin = at(shell, "cut");
    const { code } = await install(shell, { KSO_MIRROR: upstream.url, KSO_INSTALL_DIR: bin });
    expect(code).toBe(1);
    expect(readdirSync(bin)).toEqual([]);
  });
});

test("without curl wget is taken, and a machine without a build is refused by its name", async () => {
  const tools = at("tools");
  mkdirSync(tools);
  for (const name of [
    "sh",
    "wget",
    "sed",
    "cut",
    "mktemp",
    "mkdir",
    "rm",
    "mv",
    "chmod",
    "sha256sum",
    "getconf",
    "printf",
  ]) {
    const found = (await run("sh", ["-c", `command -v ${name}`])).stdout.trim();
    if (found.startsWith("/")) symlinkSync(found, join(tools, name));
  }
  const uname = (system: string, machine: string): void => {
    writeFileSync(join(tools, "uname"), `#!/bin/sh\n[ "$1" = -s ] && echo ${system} || echo ${machine}\n`, {
      mode: 0o755,
    });
  };
  uname("Linux", "x86_64");
  const variables = { KSO_MIRROR: site(), KSO_INSTALL_DIR: at("by-wget") };
  const go = (): Promise<Outcome> =>
    run("sh", ["-c", `PATH='${tools}' exec /bin/dash '${join(release, "install.sh")}'`], {
      HOME: at("home"),
      KSO_VERSION: "",
      ...variables,
    });
  expect(await go()).toMatchObject({ code: 0, stderr: expect.stringContaining("is installed") });
  uname("Linux", "riscv64");
  expect(await go()).toMatchObject({ code: 1, stderr: expect.stringContaining("no build for Linux on riscv64") });
  uname("FreeBSD", "amd64");
  expect(await go()).toMatchObject({ code: 1, stderr: expect.stringContaining("no build for FreeBSD on amd64") });
  uname("Darwin", "arm64");
  expect(await go()).toMatchObject({ code: 1, stderr: expect.stringMatching(/kso-darwin-arm64 does not run here/) });
});

test("a user with one binary named kso makes a bundle with both; without the release the ways are named", async () => {
  mkdirSync(at("user/bin"), { recursive: true });
  copyFileSync(join(release, "kso-linux-amd64"), at("user/bin/kso"));
  let origin: Origin | undefined;
  try {
    origin = await startOrigin(at("origin"));
    const flags = await origin.publish("first", firstRelease());
    const kso = (mirror: string, ...words: string[]): Promise<Outcome> =>
      run("sh", ["-c", `cd '${at("user")}' && exec bin/kso "$@"`, "kso", ...words, ...flags], {
        HOME: at("user"),
        KSO_MIRROR: mirror,
      });
    const bundle = ["export", "--format", "tarball", "--with-binaries", "-o", "site.tar"];
    const refused = await kso("http://127.0.0.1:9", ...bundle);
    expect(refused.code).toBe(4);
    for (const word of ["kso-linux-arm64", "beside this kso", "--binaries DIR", "KSO_MIRROR"])
      expect(refused.stderr).toContain(word);
    expect(existsSync(at("user/site.tar"))).toBeFalse();
    expect(await kso(site(), ...bundle)).toMatchObject({ code: 0 });
    expect(await run(at("user/bin/kso"), ["verify", at("user/site.tar")])).toMatchObject({ code: 0 });
    await must("tar", ["-xf", at("user/site.tar"), "-C", at("user"), "kso"]);
    for (const arch of ["amd64", "arm64"])
      expect(digestOf(readFileSync(at("user/kso", `kso-linux-${arch}`)))).toBe(digestOf(file(`kso-linux-${arch}`)));
  } finally {
    await origin?.stop();
  }
}, 60_000);
