// containerd of a test's own: root, state, socket and log below one directory, no plugin that needs a kernel's favour.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { outputFile, readFile } from "fs-extra";
import { ended, must, run } from "./containers.ts";

export interface Containerd {
  /** `ctr` on it; throws unless it succeeds. @returns stdout. */
  ctr(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startContainerd(dir: string): Promise<Containerd> {
  const socket = join(dir, "c.sock");
  const config = join(dir, "config.toml");
  const quoted = (path: string): string => JSON.stringify(join(dir, path));
  await outputFile(
    config,
    `version = 2
root = ${quoted("root")}
state = ${quoted("state")}
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = ${JSON.stringify(socket)}
[ttrpc]
  address = ${quoted("c.ttrpc")}
`,
  );
  const log = join(dir, "log");
  const child = spawn("sh", ["-c", 'exec containerd --config "$1" >"$0" 2>&1', log, config], { stdio: "ignore" });
  const stop = (): Promise<void> => ended(child);
  for (let attempt = 0; (await run("ctr", ["-a", socket, "version"])).code !== 0; attempt++) {
    if (attempt < 100 && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await stop();
    throw new Error(`containerd does not answer: ${await readFile(log, "utf8").catch(() => "")}`);
  }
  return { ctr: (...args) => must("ctr", ["-a", socket, ...args]), stop };
}
