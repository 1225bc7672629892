// Whatever a user or a machine can cause is said in words: every command in every kind of trouble, on the compiled binary. No stack
// trace, no exit code of an accident, one message, and standard output that is empty or JSON.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Semaphore } from "../../src/core/concurrency.ts";
import { fixtures } from "../support/paths.ts";
import { ways } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const kso = ways.binary[0] as string;
let server: ReturnType<typeof Bun.serve>;
let bundle = "";

beforeAll(async () => {
  mkdirSync(join(folder.path, "sealed"));
  bundle = (await sealed(join(folder.path, "sealed"))).path;
  // Somebody who has nothing: a run that fetches or pushes ends at once.
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no", { status: 404 }) });
});
afterAll(async () => {
  await server.stop(true);
  folder[Symbol.dispose]();
});

interface Place {
  readonly out: string;
  readonly store: string;
  readonly lock: string;
}

/** Every command, with what it needs to do its work. */
const commands: Record<string, (place: Place) => readonly string[]> = {
  "--help": () => ["--help"],
  "help push": () => ["help", "push"],
  "--version": () => ["--version"],
  "--version --json": () => ["--version", "--json"],
  resolve: () => ["resolve", "--only", "etcd"],
  components: () => ["components"],
  "export list": ({ out }) => ["export", "--format", "list", "--only", "etcd", "-o", out],
  "export dockerfile": ({ out }) => ["export", "--format", "dockerfile", "--only", "etcd", "-o", out],
  "export tarball": ({ out, ...place }) => ["export", "--format", "tarball", "-o", out, ...fetching(place)],
  fetch: (place) => ["fetch", ...fetching(place)],
  verify: () => ["verify", bundle],
  inspect: () => ["inspect", bundle],
  diff: () => ["diff", bundle, bundle],
  "config kubespray": () => [
    "config",
    "kubespray",
    bundle,
    "--files-url",
    `${server.url}k8s`,
    "--registry-host",
    host(),
  ],
  push: () => ["push", bundle, "--registry", `http://${host()}`],
  "serve --print-unit": () => ["serve", bundle, "--print-unit"],
  "store path": ({ store }) => ["store", "path", "--store", store],
  "store prune": ({ store }) => ["store", "prune", "--all", "--store", store],
  "plugin new": ({ out }) => ["plugin", "new", "demo", "-o", out],
  "plugin check": () => ["plugin", "check", join(fixtures, "plugins/k9s.ts")],
  "manifests update": ({ out }) => [
    ...["manifests", "update", "--only", "etcd", "-o", out, "--dry-run"],
    ...["--mirror", `api.github.com=${server.url}`],
  ],
  "completion bash": () => ["completion", "bash"],
};

const host = (): string => `127.0.0.1:${server.port}`;
const fetching = ({ store, lock }: Omit<Place, "out">): string[] => [
  ...["--only", "runc", "--arch", "amd64", "--mirror", `github.com=${server.url}`],
  ...["--store", store, "--lock", lock],
];

/** What is wrong: with the shell's doing before kso starts, with the environment, or with the places that are named. */
interface Trouble {
  readonly shell?: string;
  readonly env?: Record<string, string>;
  readonly place?: (below: string) => Place;
}

const everywhere = (path: (below: string) => string): Trouble => ({
  place: (below) => ({ out: path(below), store: path(below), lock: path(below) }),
});
const troubles: Record<string, Trouble> = {
  "standard output is full": { shell: "exec >/dev/full" },
  "standard output is closed": { shell: "exec >&-" },
  "standard error is full": { shell: "exec 2>/dev/full" },
  "standard error is closed": { shell: "exec 2>&-" },
  "standard input is closed": { shell: "exec <&-" },
  "files may be short only": { shell: "ulimit -f 1" },
  "few files may be open": { shell: "ulimit -n 24" },
  "proxies are no addresses": {
    env: { HTTP_PROXY: "::no::", HTTPS_PROXY: "http://[", http_proxy: "%%%", NO_PROXY: "[[,*,::/999" },
  },
  "folders are not there": {
    env: { TMPDIR: "/nowhere", HOME: "/nowhere", DOCKER_CONFIG: "/nowhere", NETRC: "/nowhere" },
  },
  "folders are files": {
    env: { TMPDIR: "/etc/hosts", HOME: "/etc/hosts", DOCKER_CONFIG: "/etc/hosts", NETRC: "/etc" },
  },
  "XDG is odd": { env: { XDG_CACHE_HOME: "below/here", XDG_CONFIG_HOME: "/dev/null", XDG_DATA_HOME: "/etc/hosts" } },
  "language and terminal are odd": {
    env: { LANG: "xx_YY.NO", LC_ALL: "\u00ff", COLUMNS: "-1", LINES: "no", TERM: "dumb" },
  },
  "the epoch is no number": { env: { SOURCE_DATE_EPOCH: "yesterday" } },
  "the epoch is too large": { env: { SOURCE_DATE_EPOCH: "9".repeat(30) } },
  "places are below /proc": everywhere(() => "/proc/kso"),
  "places are below a file": everywhere(() => "/etc/hosts/kso"),
  "places are devices": everywhere(() => "/dev/null"),
  "names are too long": everywhere((below) => join(below, "n".repeat(300))),
  "names are empty": everywhere(() => ""),
};

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const turns = new Semaphore(2);
let runs = 0;

async function run(command: keyof typeof commands, trouble: Trouble, ...more: string[]): Promise<Ended> {
  const release = await turns.acquire();
  const below = join(folder.path, `run${++runs}`);
  mkdirSync(join(below, "home"), { recursive: true });
  const place = trouble.place?.(below) ?? {
    out: join(below, "out.ts"),
    store: join(below, "store"),
    lock: join(below, "l.json"),
  };
  try {
    const words = [...(commands[command]?.(place) ?? []), ...more];
    const env = { PATH: process.env["PATH"] ?? "", HOME: join(below, "home"), NO_COLOR: "1", ...trouble.env };
    const child = Bun.spawn(["bash", "-c", `${trouble.shell ?? ":"}; exec "$@"`, "bash", kso, ...words], {
      cwd: below,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out, err };
  } finally {
    rmSync(below, { recursive: true, force: true });
    release();
  }
}

/** What a script or a person must not see. */
function assertWords({ code, out, err }: Ended, { shell = "" }: Trouble): void {
  expect([0, 2, 3, 4, 5, 6]).toContain(code);
  expect(out + err).not.toMatch(/^\s+at |\$bunfs|unexpected:|\b(?:ENO|EAC|EIS|EEX|EPI|ENA|EMF|EFB)[A-Z]+\b/m);
  const messages = err.match(/^kso: /gm) ?? [];
  if (!shell.includes("2>")) expect([code, messages]).toEqual([code, code === 0 ? [] : ["kso: "]]);
}

const names = Object.keys(commands);

describe.each(Object.entries(troubles))("%s", (_, trouble) => {
  test("every command says so, or does not mind", async () => {
    const all = await Promise.all(names.map(async (name) => [name, await run(name, trouble)] as const));
    for (const [name, ended] of all) {
      try {
        assertWords(ended, trouble);
      } catch (cause) {
        throw new Error(`kso ${name}: ${JSON.stringify(ended)}`, { cause });
      }
    }
  }, 120_000);
});

test("a full standard output is exit code 2 for whatever is printed, and a reader that stops early is none", async () => {
  for (const name of ["resolve", "components", "--help", "--version", "completion bash", "inspect", "diff"]) {
    const { code, err } = await run(name, { shell: "exec >/dev/full" });
    expect([name, code, err.split("\n").at(-2)]).toEqual([
      name,
      2,
      "kso: Cannot write to the standard output: no space is left on that file system",
    ]);
    const cut = await run(name, { shell: "exec > >(head -c 1 >/dev/null)" });
    expect([name, cut.code]).toEqual([name, 0]);
  }
}, 60_000);

const wrong: Record<string, [words: readonly string[], code: number, message: string]> = {
  "a surplus word": [["resolve", "--cni", "calico", "cilium"], 2, 'takes flags only, not "cilium"'],
  "a format without its flag": [["export", "tarball", "-f", "list"], 2, "kso export"],
  "a value for a switch": [["resolve", "--quiet=yes"], 2, "--quiet takes no value"],
  "a word behind a switch": [["resolve", "--quiet", "true"], 2, 'takes flags only, not "true"'],
  "a flag given twice": [
    ["resolve", "--unavailable", "include", "--unavailable", "exclude"],
    2,
    "--unavailable is given twice",
  ],
  "a surplus word of a subcommand": [["store", "path", "here"], 2, "Write kso store path"],
  "a surplus shell": [["completion", "bash", "zsh"], 2, "Name a shell: kso completion bash|zsh|fish\n"],
  "a shell that there is not": [["completion", "tcsh"], 2, 'Name a shell: kso completion bash|zsh|fish, not "tcsh"\n'],
  "a second topic": [["help", "push", "serve"], 2, 'kso help takes one command, not "serve" too'],
  "a flag in a command's place": [["--format", "list"], 2, "--format is a flag, and a command is missing"],
  "a word behind --version": [["--version", "extra"], 2, "kso --version stands alone, or with --json"],
  "a flag of another command": [["store", "path", "--formt"], 2, 'Unknown flag "--formt"; see kso store --help'],
  "a flag that is misspelt": [["export", "--fromat", "list"], 2, 'Unknown flag "--fromat": did you mean "--format"?'],
  "a command that is misspelt": [["resolv"], 2, 'Unknown command "resolv": did you mean "resolve"?\n'],
  "an unknown component": [
    ["resolve", "--only", "calcio"],
    3,
    'kso: Unknown component "calcio": did you mean "calico"?\n',
  ],
};

describe.each(Object.entries(wrong))("%s", (_, [words, code, message]) => {
  test("is refused in words, and with --json as one value", () => {
    const plain = Bun.spawnSync([kso, ...words], { cwd: folder.path });
    expect([plain.exitCode, plain.stdout.toString()]).toEqual([code, ""]);
    expect(plain.stderr.toString()).toContain(message);
    const json = Bun.spawnSync([kso, ...words, "--json"], { cwd: folder.path });
    expect(json.exitCode).toBe(code);
    const { error } = JSON.parse(json.stdout.toString());
    expect(error).toMatchObject({ exit: code, items: [], message: expect.any(String) });
    expect(json.stderr.toString()).toStartWith("kso: ");
  });
});

test("SOURCE_DATE_EPOCH counts from 0 on", async () => {
  const taken = await run("fetch", { env: { SOURCE_DATE_EPOCH: "0" } });
  expect(taken.code).toBe(4);
  const refused = await run("fetch", { env: { SOURCE_DATE_EPOCH: "-5" } });
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("SOURCE_DATE_EPOCH is a number of seconds")]);
});

test("a file that is no bundle is called so", () => {
  writeFileSync(join(folder.path, "hosts"), "127.0.0.1 localhost\n");
  const words = [["verify"], ["inspect"], ["serve"], ["push", "--registry", host()], ["diff", bundle]];
  for (const command of [...words, ["config", "docker", "-o", "d", "--registry-host", host()]]) {
    const { exitCode, stdout, stderr } = Bun.spawnSync([kso, ...command, "hosts"], { cwd: folder.path });
    expect([exitCode, stdout.toString(), stderr.toString()]).toEqual([
      5,
      "",
      "kso: Cannot read hosts: it is no bundle but a text file; a bundle is what kso export --format tarball writes: a tar, its volumes, or the folder into which it was unpacked\n",
    ]);
  }
});

/** Whether a process handles SIGINT itself, by now. */
function listens(pid: number): boolean {
  try {
    const [, caught = "0"] = /^SigCgt:\s+(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${caught}`) & 2n) !== 0n;
  } catch {
    return false;
  }
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s while kso plans: said, 130, one JSON value", async (signal) => {
  for (const json of [[], ["--json"]]) {
    let ended = { out: "", err: "", code: 0 };
    // A plan is made in a moment: where that was over, once more.
    for (let tries = 0; tries < 50 && (ended.code !== 130 || ended.out.startsWith("{\n")); tries++) {
      const child = Bun.spawn([kso, "components", ...json], { stdout: "pipe", stderr: "pipe" });
      while (!listens(child.pid) && child.exitCode === null) await Bun.sleep(0);
      child.kill(signal);
      const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      ended = { out, err, code };
    }
    expect(ended.err).toEndWith("kso: Interrupted\n");
    if (json.length === 0) continue;
    expect(JSON.parse(ended.out).error).toMatchObject({ code: "interrupted", exit: 130, items: [] });
  }
});
