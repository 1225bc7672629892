// A Docker daemon of a test's own: storage, state and socket below one directory, no rule in any firewall.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureDir, readFile } from "fs-extra";
import { run } from "./containers.ts";

export interface Dockerd {
  /** What clients need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startDockerd(dir: string): Promise<Dockerd> {
  await ensureDir(dir);
  const env = { DOCKER_HOST: `unix://${join(dir, "d.sock")}` };
  const log = join(dir, "log");
  const options = [
    ...["--data-root", join(dir, "data"), "--exec-root", join(dir, "exec"), "--pidfile", join(dir, "pid")],
    ...["--host", env.DOCKER_HOST, "--bridge", "none", "--iptables=false", "--ip-forward=false"],
  ];
  const child = spawn("sh", ["-c", 'exec dockerd "$@" >"$0" 2>&1', log, ...options], {
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    stdio: "ignore",
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (child.exitCode === null)
    if ((await run("docker", ["version"], env)).code === 0)
      return {
        env,
        async stop() {
          child.kill("SIGTERM");
          await gone;
        },
      };
  throw new Error(`dockerd does not start: ${await readFile(log, "utf8")}`);
}
