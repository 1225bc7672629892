// moto (https://github.com/getmoto/moto), Python's stand-in for Amazon's services, of which S3 is used here.
import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, run } from "./containers.ts";

export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startMoto(dir: string): Promise<Moto> {
  if ((await run("sh", ["-c", "command -v moto_server"])).code !== 0)
    throw new Error("This test needs moto_server, which is not installed: pip install 'moto[server]'");
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const log = join(dir, "log");
  const output = openSync(log, "w");
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: ["ignore", output, output] });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; !(await fetch(url).catch(() => undefined)); attempt++) {
    if (attempt < 600 && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    await ended(child);
    throw new Error(`moto_server does not answer: ${await readFile(log, "utf8")}`);
  }
  return { url, stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}
