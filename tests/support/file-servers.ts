// Where sites keep files, empty, as `kso push --files-to` finds it: S3 of versitygw over a folder and of moto, WebDAV of rclone and of
// nginx. And rclone as the client that reads it all back.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, must, serveDav, startServer } from "./containers.ts";
import { counterpart } from "./counterparts.ts";
import { startMoto } from "./moto.ts";

export type FileServerKind = "versitygw" | "moto" | "rclone" | "nginx";

export interface SiteFiles {
  /** Where kso pushes to. */
  readonly flags: readonly string[];
  /** Keys, for kso. */
  readonly env: Readonly<Record<string, string>>;
  /** What the server says, its requests among it. */
  readonly log: string;
  /** `rclone COMMAND …`, with `remote` before a path there. */
  readonly remote: string;
  stop(): Promise<unknown>;
}

const keys = { AWS_ACCESS_KEY_ID: "ann", AWS_SECRET_ACCESS_KEY: "s3cr3t/key+", AWS_REGION: "eu-site-1" };

/** rclone with no configuration but what is on its command line; throws unless it succeeds. */
export function rclone(...args: readonly string[]): Promise<string> {
  return must("rclone", ["--config", "/dev/null", ...args], { AWS_CA_BUNDLE: "" });
}

/** Starts one below `dir`, with a bucket or folder `site`. */
export async function startSiteFiles(kind: FileServerKind, dir: string): Promise<SiteFiles> {
  const [root, log] = [join(dir, "root"), join(dir, "output.log")];
  if (kind === "nginx") {
    const server = await serveDav(dir);
    const flags = ["--files-to", `http://127.0.0.1:${server.port}/site`];
    return { flags, env: {}, log, remote: join(root, "site"), stop: server.stop };
  }
  mkdirSync(join(root, "site"), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  if (kind === "rclone") {
    const args = ["--config", "/dev/null", "serve", "webdav", root, "--addr", `127.0.0.1:${port}`, "-v"];
    const { stop } = await startServer("rclone", args, { port, ready: "/", dir });
    return { flags: ["--files-to", `${url}/site`], env: {}, log, remote: `:webdav,url='${url}':site`, stop };
  }
  const bucket = (endpoint: string, stop: SiteFiles["stop"]): SiteFiles => {
    const secret = `access_key_id=${keys.AWS_ACCESS_KEY_ID},secret_access_key='${keys.AWS_SECRET_ACCESS_KEY}'`;
    const remote = `:s3,provider=Other,no_check_bucket=true,endpoint='${endpoint}',region=${keys.AWS_REGION},${secret}:site/k8s`;
    return { flags: ["--files-to", "s3://site/k8s", "--s3-endpoint", endpoint], env: keys, log, remote, stop };
  };
  if (kind === "moto") {
    const moto = await startMoto(dir);
    await fetch(`${moto.url}/site`, { method: "PUT" });
    return bucket(moto.url, moto.stop);
  }
  const args = ["--port", `127.0.0.1:${port}`, "--region", keys.AWS_REGION, "posix", root];
  const env = { ROOT_ACCESS_KEY: keys.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: keys.AWS_SECRET_ACCESS_KEY };
  const { stop } = await startServer(counterpart("versitygw"), args, { port, ready: "/", dir, env });
  return bucket(url, stop);
}
