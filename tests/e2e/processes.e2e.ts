// Processes that kso starts end with it, whatever ends it, and by their own limits.
import { afterAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ways } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());

/** A plugin that says who runs it and what it started, and never comes back. */
function plugin(name: string, body: string): string {
  const path = join(folder.path, `${name}.ts`);
  writeFileSync(
    path,
    `import { spawn } from "node:child_process";
     import { renameSync, writeFileSync } from "node:fs";
     const child = spawn("sleep", ["3600"], { stdio: "inherit" });
     writeFileSync(${JSON.stringify(`${path}.new`)}, [process.pid, child.pid].join(" "));
     renameSync(${JSON.stringify(`${path}.new`)}, ${JSON.stringify(`${path}.pids`)});
     ${body}
     export default {};`,
  );
  return path;
}

/** Returns once the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(10);
}

const isAlive = (pid: number): boolean => {
  try {
    // A zombie has ended: who started it has not looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

/** The plugin's process, and the one that it started. */
async function processesOf(path: string): Promise<number[]> {
  await until(() => existsSync(`${path}.pids`));
  return readFileSync(`${path}.pids`, "utf8").split(" ").map(Number);
}

const cases = (["binary", "deno"] as const).flatMap((way) =>
  (["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const).map((signal) => [way, signal] as const),
);

test.each(cases)("%s: a plugin's process and what it started end with kso after %s", async (way, signal) => {
  const path = plugin(`${way}-${signal.toLowerCase()}`, "while (true) {}");
  const [program, ...words] = ways[way === "deno" ? "deno" : "binary"] as [string, ...string[]];
  const kso = Bun.spawn([program, ...words, "resolve", "--plugin", path], { stdout: "pipe", stderr: "pipe" });
  const pids = await processesOf(path);
  const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pids[0]}/status`, "utf8"))?.[1]);
  process.kill(parent, signal);
  // Well before its deadline of five seconds.
  await until(() => !pids.some(isAlive));
  expect(isAlive(parent)).toBeFalse();
  expect((await kso.stderr.text()) + (await kso.stdout.text())).not.toContain("    at ");
});

test.each([
  ["busy", "while (true) {}", "it does not finish within 5 s"],
  [
    "greedy",
    "const all = []; while (true) all.push(new Uint8Array(1e7).fill(1));",
    "it takes more than 500 MB of memory",
  ],
  ["late", "await new Promise((_, reject) => setTimeout(() => { throw new Error('too late'); }));", "too late"],
])("a plugin that is %s ends by its own limits, with what it started", async (name, body, reason) => {
  const path = plugin(name, body);
  const kso = Bun.spawn([...ways.binary, "resolve", "--plugin", path], { stdout: "pipe", stderr: "pipe" });
  const pids = await processesOf(path);
  expect(await kso.exited).toBe(3);
  expect(await kso.stderr.text()).toBe(`kso: Cannot use the plugin ${path}: ${reason}\n`);
  await until(() => !pids.some(isAlive));
});
