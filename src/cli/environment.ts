// What fetching needs, put together from flags, the environment and this machine: the store, the network, the lock.
import { existsSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { readLock } from "../bundle/lock.ts";
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { readText } from "../files/read.ts";
import { createHttp, type Http, type HttpOptions } from "../http/http.ts";
import { type Credentials, readCredentials } from "../oci/credentials.ts";
import { transport } from "../runtime/transport.ts";
import { writeBody } from "../runtime/write-body.ts";
import { type Hashing, startHashing } from "../store/hashing.ts";
import { openStore, type Store } from "../store/store.ts";
import { wishesFlag } from "./extra-artifacts.ts";
import type { Arguments, Flag } from "./options.ts";

/** Where the store is. */
export const storeFlag: Flag = {
  name: "store",
  value: "DIR",
  help: "the store (default: kso below the XDG cache directory)",
  config: "path",
};

/** Flags of every command that fetches. */
export const fetchFlags: readonly Flag[] = [
  storeFlag,
  {
    name: "lock",
    value: "FILE",
    help: "the lock to keep to, and to write (default: kso.lock.json here)",
    config: "path",
  },
  { name: "update", help: "take what upstream has now, whatever the lock says" },
  { name: "jobs", value: "N", help: "downloads at one time (default: 8)", config: "text" },
  wishesFlag,
  { name: "allow-missing", help: "an image that lacks an architecture is unavailable on record, not a failure" },
  { name: "allow-arch-mismatch", value: "NAME", help: "let an item through that holds another architecture's code" },
  { name: "accept-digest", value: "NAME=DIGEST", help: "let bytes in that are not the published ones; on record" },
  { name: "deep", help: "look at every executable, in archives and images too" },
  { name: "ca", value: "FILE", help: "further certificates to trust (PEM)", config: "path" },
];

/** The directory of the store. */
export function storePath(args: Arguments): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return resolve(args.one("store") ?? join(cache, "kso"));
}

/** Runs with the store open; it is let go of at the end, however that comes. */
export async function withStore<T>(args: Arguments, act: (store: Store, hashing: Hashing) => Promise<T>): Promise<T> {
  const hashing = startHashing(availableParallelism() > 2 ? 2 : 1);
  try {
    const store = openStore(storePath(args), hashing, writeBody);
    try {
      return await act(store, hashing);
    } finally {
      store.close();
    }
  } finally {
    await hashing.close();
  }
}

/** The lock's path, and what it says where there is one. @throws KsoError `usage` when a named one cannot be read. */
export function lockOf(args: Arguments): { path: string; lock: Lock | undefined } {
  const path = args.one("lock") ?? "kso.lock.json";
  return { path, lock: !args.has("update") && existsSync(path) ? readLock(path) : undefined };
}

/** The network: `http` for what must come, `probe` for what is good to know. */
export function networkOf(args: Arguments, jobs: number, signal: AbortSignal): { http: Http; probe: Http } {
  const ca = args.one("ca");
  const netrc = process.env["NETRC"] || join(homedir(), ".netrc");
  const options: HttpOptions = {
    transport,
    env: process.env,
    connections: jobs,
    signal,
    ...(ca !== undefined && { ca: readText(ca, "--ca") }),
    ...(existsSync(netrc) && { netrc: readText(netrc, "netrc") }),
  };
  return { http: createHttp(options), probe: createHttp({ ...options, attempts: 1, idleTimeout: 5000 }) };
}

export function credentialsHere(): Credentials {
  return readCredentials(process.env, homedir());
}

/** `--jobs`. */
export function jobsOf(args: Arguments): number {
  const text = args.one("jobs") ?? "8";
  const jobs = Number(text);
  if (!/^\d+$/.test(text) || jobs < 1 || jobs > 256)
    throw new KsoError("usage", `--jobs wants a number from 1 to 256, not "${text}"`);
  return jobs;
}

/** `--accept-digest NAME=sha256:…`, repeatable. */
export function acceptedOf(args: Arguments): ReadonlyMap<string, readonly Digest[]> {
  const accepted = new Map<string, Digest[]>();
  for (const text of args.all("accept-digest")) {
    const at = text.lastIndexOf("=");
    const digest = parseDigest(text.slice(at + 1));
    if (at < 1 || !digest?.startsWith("sha256:"))
      throw new KsoError(
        "usage",
        `"${text}" is not NAME=DIGEST; write --accept-digest youki=sha256: and 64 hex digits`,
      );
    const name = text.slice(0, at);
    accepted.set(name, [...(accepted.get(name) ?? []), digest]);
  }
  return accepted;
}
