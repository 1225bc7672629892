// kso as a user runs it: the compiled binary, or the source on either runtime, with a home of its own.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, run } from "./containers.ts";
import { root } from "./paths.ts";

/** The ways to start kso. */
export const ways: Readonly<Record<"binary" | "arm64" | "bun" | "deno", readonly string[]>> = {
  binary: [join(root, "dist/kso-linux-amd64")],
  arm64: ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", join(root, "dist/kso-linux-arm64")],
  bun: [process.execPath, join(root, "src/cli/main.ts")],
  deno: ["npx", "--yes", "deno@2.9.6", "run", "-A", join(root, "src/cli/main.ts")],
};

/** Runs kso with these arguments; a failure does not throw. */
export type Kso = (...args: readonly string[]) => Promise<Outcome>;

/** kso with its home below `home`, on a day that does not change at midnight. */
export function ksoIn(home: string, env: Record<string, string> = {}, way: keyof typeof ways = "binary"): Kso {
  const [program, ...first] = ways[way] as [string, ...string[]];
  const missing = [ways.binary[0], ways.arm64[3]].find((path) => path !== undefined && !existsSync(path));
  if (missing !== undefined) throw new Error(`${missing} is not there: run bun build.ts first`);
  const own = { HOME: home, XDG_CACHE_HOME: join(home, "cache"), XDG_CONFIG_HOME: join(home, "config") };
  // npx keeps what it got in the real home.
  const npm = { npm_config_cache: process.env["npm_config_cache"] ?? join(process.env["HOME"] ?? home, ".npm") };
  const day = { SOURCE_DATE_EPOCH: "1790000000", NO_COLOR: "1" };
  return (...args) => run(program, [...first, ...args], { ...own, ...npm, ...day, ...env });
}

/** Runs kso and throws unless it succeeds. @returns its stdout. */
export async function works(outcome: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  if (code !== 0) throw new Error(`kso ended with ${code}: ${stderr}`);
  return stdout;
}
