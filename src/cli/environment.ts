// What fetching needs, put together from flags, the environment and this machine: the store, the network, the lock.
import { existsSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { lockMark, readLock } from "../bundle/lock.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { quotedName } from "../core/quote.ts";
import { withoutTrailing } from "../core/url.ts";
import type { OwnRelease } from "../fetch/own-binaries.ts";
import { assertReplaceable, isForeign } from "../files/foreign.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { FetchingOptions, Options } from "../flags/table.ts";
import { createHttp, type Http, type HttpOptions } from "../http/http.ts";
import { type Credentials, type NetrcFile, readCredentials } from "../oci/credentials.ts";
import { locationsOf, type Mirrors } from "../plan/mirrors.ts";
import { home, version } from "../runtime/build.ts";
import { transport } from "../runtime/transport.ts";
import { writeBody } from "../runtime/write-body.ts";
import { type Hashing, startHashing } from "../store/hashing.ts";
import { openStore, type Store } from "../store/store.ts";

/** The directory for what can be fetched again: `$XDG_CACHE_HOME`, or ~/.cache. */
export function cacheDirectory(): string {
  return process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
}

/** The directory for what its user has decided: `$XDG_CONFIG_HOME`, or ~/.config. */
export function configDirectory(): string {
  return join(process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "kso");
}

/** The directory of the store. */
export function storePath(options: Partial<Pick<FetchingOptions, "store">>): string {
  return resolve(options.store ?? join(cacheDirectory(), "kso"));
}

/** Runs with the store open, and closes it at the end, also after a failure. */
export async function withStore<T>(
  options: Pick<FetchingOptions, "store">,
  act: (store: Store, hashing: Hashing) => Promise<T>,
): Promise<T> {
  const hashing = startHashing(availableParallelism() > 2 ? 2 : 1);
  try {
    const store = openStore(storePath(options), hashing, writeBody);
    try {
      return await act(store, hashing);
    } finally {
      store.close();
    }
  } finally {
    await hashing.close();
  }
}

/** The last second that a date can say. */
const lastSecond = 253_402_300_799;

/** The UTC day, or that of SOURCE_DATE_EPOCH. @throws KsoError `usage` where that is no number of seconds. */
export function today(): string {
  const epoch = process.env["SOURCE_DATE_EPOCH"];
  if (!epoch) return new Date().toISOString().slice(0, 10);
  const seconds = Number(epoch);
  if (!/^\d+$/.test(epoch) || seconds > lastSecond)
    throw new KsoError("usage", `SOURCE_DATE_EPOCH is a number of seconds since 1970, not ${quotedName(epoch)}`);
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/**
 * The lock's path, the lock of an earlier run that is kept to, and the one that is replaced: with --update it is kept to no more.
 * @throws KsoError `usage` when it cannot be read, or written there.
 */
export function readEarlierLock(options: Pick<FetchingOptions, "lock" | "update"> & Options<"force">): {
  path: string;
  lock: Lock | undefined;
  replaced: Lock | undefined;
} {
  const path = options.lock;
  if (!statsAt(dirname(path))?.isDirectory())
    throw new KsoError("usage", `Cannot write ${path}: the directory ${dirname(path)} does not exist; create it first`);
  if (isForeign(path, lockMark)) {
    assertReplaceable([path], options.force);
    return { path, lock: undefined, replaced: undefined };
  }
  if (!existsSync(path)) return { path, lock: undefined, replaced: undefined };
  if (!options.update) {
    const lock = readLock(path);
    return { path, lock, replaced: lock };
  }
  try {
    return { path, lock: undefined, replaced: readLock(path) };
  } catch {
    return { path, lock: undefined, replaced: undefined }; // whatever is wrong with it, it is written anew
  }
}

/** Clients for the network: `http` retries, `probe` tries once and gives up soon. */
export function networkOf(
  { ca }: Pick<FetchingOptions, "ca">,
  jobs: number,
  signal: AbortSignal,
): { http: Http; probe: Http } {
  const netrc = netrcHere();
  const settings: HttpOptions = {
    transport,
    env: process.env,
    connections: jobs,
    signal,
    ...(ca !== undefined && { ca: readText(ca, "--ca") }),
    ...(netrc && { netrc: netrc.text }),
  };
  return { http: createHttp(settings), probe: createHttp({ ...settings, attempts: 1, idleTimeout: 5000 }) };
}

/**
 * Where this version's release lies, in order of preference: below KSO_MIRROR, else where kso lives or a mirror of that host.
 * @throws KsoError `usage` for a KSO_MIRROR that is no address.
 */
export function ownRelease(mirrors: Mirrors): OwnRelease {
  const mirror = process.env["KSO_MIRROR"];
  if (mirror && !/^https?:\/\/[^\s?#]+$/.test(mirror))
    throw new KsoError("usage", `KSO_MIRROR is the address that kso's releases lie below, not ${quotedName(mirror)}`);
  const bases = mirror ? [withoutTrailing(mirror, "/")] : locationsOf(`${home}/releases`, mirrors);
  const urls = bases.map((base) => `${base}/download/v${version}`);
  // Where kso's own home is asked too, a public mirror gives bytes, and does not say which are right.
  const own = urls.filter((url) => url.startsWith(`${home}/`));
  return { version, urls, sums: own.length > 0 ? own : urls };
}

/** The credentials of this user for registries. */
export function credentialsHere(): Credentials {
  return readCredentials(process.env, homedir(), netrcHere());
}

/** `$NETRC` or ~/.netrc; undefined where there is none. */
function netrcHere(): NetrcFile | undefined {
  const path = process.env["NETRC"] || join(homedir(), ".netrc");
  return existsSync(path) ? { path, text: readText(path, "netrc") } : undefined;
}

/** The lock of an earlier fetch. One that nobody named and that cannot be read says nothing here. */
export function lastLock(path: string, isNamed: boolean): Lock | undefined {
  if (isNamed) return readLock(path);
  try {
    return statsAt(path)?.isFile() ? readLock(path) : undefined;
  } catch {
    return undefined;
  }
}
