// Pushing as the command does it: flags become targets, outcomes become lines, and what failed becomes exit code 6.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { isRepository } from "../core/reference.ts";
import { registryBase } from "../oci/registry.ts";
import { type Address, parseMapping } from "../push/names.ts";
import type { Means, Pushed } from "../push/options.ts";
import { pushImages } from "../push/push.ts";
import { openSessions } from "../push/sessions.ts";
import type { Arguments } from "./options.ts";
import { credentialsHere, networkOf, storePath } from "./workshop.ts";

/** `HOST[:PORT][/PREFIX]`; `http://` in front of it where the registry has no TLS. @throws KsoError `usage`. */
export function registryOf(text: string): Address {
  const wrong = (why: string): KsoError =>
    new KsoError("usage", `--registry "${text}": ${why}; write --registry HOST[:PORT][/PREFIX]`);
  const scheme = /^https?:\/\//i.exec(text)?.[0].toLowerCase();
  const bare = text.slice(scheme?.length ?? 0).replace(/\/+$/, "");
  const [host = "", ...rest] = bare.split("/");
  const prefix = rest.join("/");
  if (/^[a-z0-9+.-]+:\/\//i.test(bare)) throw wrong("only http and https are spoken to a registry");
  if (host.includes("@"))
    throw wrong("credentials do not belong there; use docker login, podman login or skopeo login");
  if (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host === "")
    throw wrong(`"${host}" is not a host`);
  if (prefix !== "" && !isRepository(prefix)) throw wrong(`"${prefix}" cannot stand in the name of a repository`);
  return { base: scheme ? `${scheme}${host}` : registryBase(host), host, prefix };
}

/** Images into a registry. */
export async function toRegistry(args: Arguments, address: Address, means: Means): Promise<Pushed> {
  const { http } = networkOf(args, means.jobs, means.signal);
  const index = args.one("index") ?? "keep";
  if (index !== "keep" && index !== "trim") throw new KsoError("usage", `--index is keep or trim, not "${index}"`);
  const name = createHash("sha256").update(address.base).digest("hex").slice(0, 16);
  return await pushImages({
    ...means,
    ...{ address, http, trim: index === "trim" },
    mapping: parseMapping(args.one("map") ?? "strip-host"),
    credentials: credentialsHere(),
    sessions: openSessions(join(storePath(args), "uploads", `${name}.json`)),
  });
}
