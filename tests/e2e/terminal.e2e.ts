// kso on a terminal of its own (util-linux's script makes one), as a person sees it and stops it: with the keyboard.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import xterm from "@xterm/headless";
import { binaryFor } from "../support/paths.ts";
import { bulk, openSite, type Site } from "../support/site.ts";

const binary = binaryFor("amd64");
const contents = { files: { "amd64/kubelet": bulk("kubelet", 9_000_000), "arm64/kubelet": bulk("arm", 2_000_000) } };

interface Terminal {
  /** Resolves when the screen has shown that. */
  shows(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Makes the terminal so many columns wide, for the program and on the screen. */
  resize(columns: number): void;
  /** The rows of the screen as they are now, without those that are empty. */
  rows(): Promise<readonly string[]>;
  readonly ended: Promise<{ code: number; screen: string }>;
}

function onTerminal(site: Site, args: readonly string[]): Terminal {
  const quoted = [binary, ...args].map((word) => `'${word}'`).join(" ");
  const emulator = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true });
  const device = join(site.folder, "tty");
  const child = Bun.spawn(["script", "-qefc", `tty >${device}; stty cols 100 rows 30; exec ${quoted}`, "/dev/null"], {
    cwd: site.folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: site.folder, TERM: "xterm-256color" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let screen = "";
  const watchers = new Set<() => void>();
  const reading = (async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      emulator.write(chunk);
      screen += stripVTControlCharacters(decoder.decode(chunk, { stream: true }));
      for (const watcher of watchers) watcher();
    }
  })();
  return {
    shows: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!pattern.test(screen)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    type(keys) {
      child.stdin.write(keys);
      void child.stdin.flush();
    },
    resize(columns) {
      emulator.resize(columns, 30);
      Bun.spawnSync(["stty", "-F", readFileSync(device, "utf8").trim(), "cols", String(columns)]);
    },
    rows: () =>
      new Promise((resolve) =>
        emulator.write("", () => {
          const { active } = emulator.buffer;
          const rows = Array.from(
            { length: active.length },
            (_, at) => active.getLine(at)?.translateToString(true) ?? "",
          );
          resolve(rows.filter((row) => row !== ""));
        }),
      ),
    ended: (async () => {
      await Promise.all([reading, child.exited]);
      return { code: child.exitCode ?? -1, screen };
    })(),
  };
}

test("bytes, rate, time left, items and why something is tried again; Ctrl-C says once how to go on, and going on works", async () => {
  await using site = await openSite(contents);
  const never = new Promise<void>(() => undefined);
  const pace = async (sent: number): Promise<void> => (sent < 4_500_000 ? undefined : await never);
  site.upstream.script("/files.test/amd64/kubelet", "none", { fault: "drip", size: 500_000, pace });
  site.upstream.script(
    "/files.test/arm64/kubelet",
    "none",
    ...Array.from({ length: 4 }, () => ({ fault: "drop" }) as const),
  );
  const args = ["export", ...site.flags, "--store", site.store, "--format", "tarball", "-o", "b.tar"];
  const terminal = onTerminal(site, args);
  await terminal.shows(/note: 11\.0 MB to fetch into \S+store/);
  await terminal.shows(/note: b\.tar will have about 11\.0 MB/);
  await terminal.shows(/ MB of 11\.0 MB \(\d+ %\), .*\/s, \d+ s left, \d of 2 files/);
  await terminal.shows(/ {2}50 % files\.test\/amd64\/kubelet/);
  await terminal.shows(/ {2}0 % files\.test\/arm64\/kubelet \(again: the connection was cut\)/);
  terminal.type("\x03");
  const { code, screen } = await terminal.ended;
  expect(code).toBe(130);
  const end = screen.slice(screen.lastIndexOf("kso: "));
  expect(end.replace(/\s+/g, " ")).toBe(
    `kso: Interrupted: b.tar was not written; what has arrived is kept in ${site.store}; run the same command again to go on `,
  );
  expect(screen.match(/Interrupted/g)).toHaveLength(1);
  expect(existsSync(join(site.folder, "b.tar"))).toBeFalse();

  const again = onTerminal(site, args);
  const done = await again.ended;
  expect(done.code).toBe(0);
  expect(done.screen).toMatch(/11\.0 MB written to b\.tar, \S+ MB fetched; the lock is kso\.lock\.json/);
  const asked = site.upstream.requests.filter(({ method, path }) => method === "GET" && path.endsWith("amd64/kubelet"));
  expect(asked.map(({ status }) => status)).toEqual([200, 206]);
  expect(readFileSync(join(site.folder, "b.tar")).length).toBeGreaterThan(11_000_000);
}, 60_000);

test("a terminal that becomes narrower and wider again shows each line of the progress once", async () => {
  await using site = await openSite(contents);
  let goOn = (): void => undefined;
  const wait = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const pace = async (sent: number): Promise<void> => (sent < 4_500_000 ? undefined : await wait);
  site.upstream.script("/files.test/amd64/kubelet", "none", { fault: "drip", size: 500_000, pace });
  const terminal = onTerminal(site, ["fetch", ...site.flags, "--store", site.store]);
  await terminal.shows(/ {2}50 % files\.test\/amd64\/kubelet/);
  for (const columns of [40, 100, 60]) {
    terminal.resize(columns);
    // What is drawn next has been drawn at that width.
    await terminal.shows(new RegExp(`(?:50 % files[^]*){${columns === 40 ? 2 : 3}}`));
    const rows = await terminal.rows();
    expect([columns, rows.filter((row) => /Fetch /.test(row)).length, rows]).toEqual([columns, 1, rows]);
    expect([columns, rows.filter((row) => /50 % files/.test(row)).length]).toEqual([columns, 1]);
  }
  goOn();
  expect((await terminal.ended).code).toBe(0);
  const rows = await terminal.rows();
  expect(rows.filter((row) => /Fetch /.test(row)).length).toBe(1);
  expect(rows.filter((row) => /50 % files/.test(row))).toEqual([]);
}, 60_000);

test("kso init asks, Enter takes what is proposed, and Ctrl-C writes nothing", async () => {
  await using site = await openSite(contents);
  const stopped = onTerminal(site, ["init"]);
  await stopped.shows(/Your checkout of kubespray/);
  stopped.type("\x03");
  expect((await stopped.ended).code).toBe(130);
  expect(existsSync(join(site.folder, "kso.yaml"))).toBeFalse();

  const terminal = onTerminal(site, ["init"]);
  const answers: readonly [RegExp, string][] = [
    [/Your checkout of kubespray/, "\r"],
    [/Release of kubespray/, "\x1b[B\r"],
    [/Architectures of the nodes/, "\r"],
    [/Kind of site/, "\x1b[B\r"],
    [/Public mirrors/, "\r"],
    [/File server of the isolated side/, "http://10.0.0.5:8080/k8s\r"],
    [/Registry of the isolated side/, "10.0.0.5:5000\r"],
  ];
  for (const [question, keys] of answers) {
    await terminal.shows(question);
    terminal.type(keys);
  }
  const { code, screen } = await terminal.ended;
  expect({ code, screen: code === 0 ? "" : screen }).toEqual({ code: 0, screen: "" });
  const written = readFileSync(join(site.folder, "kso.yaml"), "utf8");
  expect(written.split("\n").filter((line) => /^[a-z]/.test(line))).toEqual([
    "kubespray: 2.30.0",
    "profile: on-premises",
    "files-url: http://10.0.0.5:8080/k8s",
    "registry-host: 10.0.0.5:5000",
  ]);
}, 60_000);
