// The compiled binary as its reader sees it: in the language of the locale, no wider than the terminal, with the line that comes next.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { binaryFor } from "../support/paths.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

const kso = binaryFor("amd64");
const folder = temporary();
let bundle = "";
beforeAll(async () => {
  mkdirSync(join(folder.path, "sealed"));
  bundle = (await sealed(join(folder.path, "sealed"))).path;
});
afterAll(() => folder[Symbol.dispose]());

interface Shown {
  readonly code: number;
  readonly lines: string[];
}

const environment = (locale: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: folder.path,
  TERM: "xterm-256color",
  LC_ALL: locale,
});

/** Runs kso on a terminal of so many columns; util-linux's script makes one. */
function onTerminal(columns: number, locale: string, ...args: readonly string[]): Shown {
  const line = `stty cols ${columns} rows 40; exec ${[kso, ...args].map((word) => `'${word}'`).join(" ")}`;
  const ran = Bun.spawnSync(["script", "-qefc", line, "/dev/null"], { cwd: folder.path, env: environment(locale) });
  const screen = stripVTControlCharacters(ran.stdout.toString()).replaceAll("\r", "");
  return { code: ran.exitCode, lines: screen.split("\n") };
}

function piped(locale: string, ...args: readonly string[]): { code: number; out: string; err: string } {
  const ran = Bun.spawnSync([kso, ...args], { cwd: folder.path, env: environment(locale) });
  return { code: ran.exitCode, out: ran.stdout.toString(), err: ran.stderr.toString() };
}

const commands = (): readonly (readonly string[])[] => [
  [],
  ["--help"],
  ["export", "--help"],
  ["resolve", "--only", "etcd,calico,helm"],
  ["components"],
  ["inspect", bundle],
  ["diff", bundle, bundle],
  ["diff", "--releases", "2.30.0", "2.31.0", "--only", "etcd"],
  ["resolve", "--only", "xyzzy"],
];

test.each(["en_US.UTF-8", "zh_CN.UTF-8"])(
  "%s: nothing is wider than a terminal of 40, 60, 80 or 120 columns",
  (locale) => {
    for (const columns of [40, 60, 80, 120])
      for (const args of commands()) {
        const { lines } = onTerminal(columns, locale, ...args);
        // What cannot be broken stands alone: a path, a digest, a URL.
        const wide = lines.filter((line) => Bun.stringWidth(line) > columns && /\S \S/.test(line.trim()));
        expect([columns, args, wide]).toEqual([columns, args, []]);
      }
  },
  120_000,
);

test("help, summaries and next steps are Chinese where the locale is; errors, notes and JSON never", () => {
  const han = /\p{Script=Han}/u;
  expect(piped("zh_CN.UTF-8", "--help").out).toStartWith("用法：\n");
  expect(piped("C", "--help").out).not.toMatch(han);
  const verified = piped("zh_CN.UTF-8", "verify", bundle);
  expect(verified.err).toContain("6 个文件和 3 个镜像齐全");
  expect(verified.err).toEndWith(
    `下一步，在集群所在的网络中提供服务，或推送：\n  kso serve ${bundle}\n  kso push ${bundle} --registry HOST --files-to URL\n`,
  );
  expect(piped("zh_CN.UTF-8", "resolve", "--only", "calcio").err).toBe(
    'kso: Unknown component "calcio": did you mean "calico"?\n',
  );
  for (const args of [
    ["verify", bundle],
    ["resolve", "--only", "etcd"],
    ["inspect", bundle],
  ]) {
    const [english, chinese] = ["C", "zh_CN.UTF-8"].map((locale) => piped(locale, ...args, "--json").out);
    expect(chinese).toBe(english as string);
  }
});

test("what comes next is said once, not with --quiet and not beside JSON", () => {
  expect(piped("C", "verify", bundle).err.match(/^Next, /gm)).toHaveLength(1);
  expect(piped("C", "verify", bundle, "--json").err).not.toContain("Next, ");
  expect(piped("C", "verify", bundle, "--quiet")).toEqual({ code: 0, out: "", err: "" });
});

test("serve names its page and the line that points kubespray at it, which works as it stands", async () => {
  const ports = ["--files", "127.0.0.1:0", "--registry", "127.0.0.1:0"];
  const server = Bun.spawn([kso, "serve", bundle, ...ports], {
    env: environment("C"),
    stderr: "pipe",
    stdout: "ignore",
  });
  try {
    let told = "";
    const decoder = new TextDecoder();
    for await (const chunk of server.stderr) {
      told += decoder.decode(chunk);
      if (/^ {2}kso config .*\n/m.test(told)) break;
    }
    const [, page = ""] = /^page: +(\S+)$/m.exec(told) ?? [];
    expect((await fetch(page, { headers: { accept: "text/html" } })).status).toBe(200);
    const [, line = ""] = /^ {2}kso (config .*)$/m.exec(told) ?? [];
    const ran = piped("C", ...line.split(" "));
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining("all 6 files and 3 images are at the site")]);
    expect(ran.err).toEndWith(`-e @${join(folder.path, "offline.yml")}\n`);
  } finally {
    server.kill();
    await server.exited;
  }
}, 60_000);
