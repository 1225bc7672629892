// What was asked for inside the gap and is not in the bundle, as a list that the connected side can fetch. A server writes it
// from the requests of anybody who can reach it, so whoever reads it takes nothing in it for granted.
//
// JSON (`kso.wishes/1`, below), or text with one wish a line: `https://HOST/PATH` for a file, `HOST/REPOSITORY:TAG` or
// `HOST/REPOSITORY@DIGEST` for an image, then platforms where only those are wanted (`linux/amd64,linux/arm64`); what follows # is a
// comment.
import * as v from "valibot";
import { KsoError } from "./errors.ts";
import { normalizeReference } from "./reference.ts";

/** One name, and who asked for it. */
export interface Wish {
  /** A blob is a part of an image, which nobody fetches by itself. */
  readonly kind: "file" | "image" | "blob";
  /** `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`, `registry.k8s.io/pause@sha256:…`. */
  readonly name: string;
  /** False: the name alone does not say where it could be had (`pause:3.10`), so that nobody can fetch it. */
  readonly complete: boolean;
  /** What it is a part of, where that is known. */
  readonly component?: string;
  /** `linux/amd64`, …: the only ones it is for, where its name says so. */
  readonly platforms?: readonly string[];
  readonly requests: number;
  /** ISO 8601, UTC. */
  readonly first: string;
  readonly last: string;
  /** Addresses, the first ones that asked. */
  readonly clients: readonly string[];
}

export interface WishList {
  readonly schema: "kso.wishes/1";
  /** What was served while these were asked for. */
  readonly bundles: readonly { readonly release: string; readonly kubernetes: string; readonly lock: string }[];
  /** Requests that are in no line, because the list was full or the name too long. */
  readonly dropped: number;
  /** The latest first. */
  readonly wishes: readonly Wish[];
}

/** A wish as it can be fetched, and where in the list it stands, for messages. */
export interface Wanted {
  readonly kind: "file" | "image";
  readonly name: string;
  readonly component?: string;
  readonly platforms?: readonly string[];
  /** `line 3 of wishes.txt`. */
  readonly where: string;
}

/** More than any site asks for. */
const most = 20_000;
/** As in a bundle: the longest path that Linux opens, the longest name in it. Bytes; names of wishes are ASCII. */
const longest = { name: 4096, part: 255 } as const;

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(v.number(), v.safeInteger("must be a whole number"), v.minValue(0, "must not be negative"));
const moment = v.pipe(v.string(), v.isoTimestamp("must be a moment: 2026-11-24T10:00:00.000Z"));
const platform = v.pipe(v.string(), v.check(isPlatform, "must be like linux/amd64"));
const wishSchema: v.GenericSchema<Wish> = v.strictObject({
  kind: v.picklist(["file", "image", "blob"], "must be file, image or blob"),
  name: text,
  complete: v.boolean(),
  component: v.exactOptional(text),
  platforms: v.exactOptional(v.pipe(v.array(platform), v.minLength(1, "must name a platform"))),
  requests: count,
  first: moment,
  last: moment,
  clients: v.array(text),
});
const listSchema: v.GenericSchema<WishList> = v.strictObject({
  schema: v.literal("kso.wishes/1", 'must be "kso.wishes/1"'),
  bundles: v.array(v.strictObject({ release: v.string(), kubernetes: v.string(), lock: v.string() })),
  dropped: count,
  wishes: v.pipe(v.array(wishSchema), v.maxLength(most, `names more than ${most} wishes`)),
});

/**
 * Parses a list in JSON, as a server wrote it.
 * @throws KsoError `usage` naming the place and the reason.
 */
export function parseWishList(json: string, where: string): WishList {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new KsoError("usage", `Cannot use ${where}: it is not JSON`, cause);
  }
  const checked = v.safeParse(listSchema, value);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const field = v.getDotPath(issue);
  throw new KsoError("usage", `Cannot use ${where}: ${field ? `${field}: ` : ""}${issue.message}`);
}

/**
 * Parses either form. What cannot be fetched because its name is not complete is left out, and named by `skipped`.
 * @throws KsoError `usage` naming the line (or the entry), what it says and the reason.
 */
export function parseWishes(list: string, where: string): { wanted: Wanted[]; skipped: string[] } {
  if (/^\s*\{/.test(list)) {
    const { wishes } = parseWishList(list, where);
    const wanted: Wanted[] = [];
    const skipped: string[] = [];
    for (const [index, { kind, name, complete, component, platforms }] of wishes.entries()) {
      if (!complete || kind === "blob") {
        skipped.push(name);
        continue;
      }
      const wish: Wanted = {
        ...{ kind, name, where: `entry ${index + 1} of ${where}` },
        ...(component !== undefined && { component }),
        ...(platforms && { platforms }),
      };
      assertFetchable(wish);
      wanted.push(wish);
    }
    return { wanted, skipped };
  }
  const wanted: Wanted[] = [];
  for (const [index, line] of list.split(/\r?\n/).entries()) {
    const [name = "", platforms, more] = line
      .replace(/(^|\s)#.*$/s, "")
      .trim()
      .split(/\s+/);
    if (name === "") continue;
    const at = `line ${index + 1} of ${where}`;
    const wrong = platforms?.split(",").find((one) => !isPlatform(one));
    if (wrong !== undefined || more !== undefined)
      throw new KsoError("usage", `Cannot use ${at}: ${shown(wrong ?? more ?? "")} is not a platform`);
    const file = name.startsWith("https://");
    if (!file && name.includes("://"))
      throw new KsoError("usage", `Cannot use ${at}: ${shown(name)}: a file's URL begins with https://`);
    const wish: Wanted = {
      kind: file ? "file" : "image",
      name: file ? name.slice("https://".length) : name,
      ...(platforms !== undefined && { platforms: platforms.split(",") }),
      where: at,
    };
    assertFetchable(wish);
    wanted.push(wish);
    if (wanted.length > most) throw new KsoError("usage", `Cannot use ${where}: it names more than ${most} wishes`);
  }
  return { wanted, skipped: [] };
}

/** The list as text; what cannot be fetched is a comment. */
export function formatWishes({ bundles, dropped, wishes }: WishList): string {
  const lines = wishes.map((wish) => {
    const { kind, name, complete, platforms, component, requests, last, clients } = wish;
    const locator = `${kind === "file" ? "https://" : ""}${name}${platforms ? ` ${platforms.join(",")}` : ""}`;
    const note = `${component ?? "unknown component"}; ${requests === 1 ? "once" : `${requests} times`}, last ${last} by ${clients.at(-1)}`;
    return complete ? `${locator} # ${note}\n` : `# not complete: ${name} # ${note}\n`;
  });
  const served = bundles.map(({ release, kubernetes, lock }) => `${release}, Kubernetes ${kubernetes}, lock ${lock}`);
  const head = `# asked for and not in the bundle (${served.join("; ")})\n`;
  return `${head}${dropped > 0 ? `# ${dropped} further requests are not listed\n` : ""}${lines.join("")}`;
}

/** What is wrong with a name that should be fetched from elsewhere; undefined when nothing is. */
export function wishFault(kind: Wish["kind"], name: string): string | undefined {
  if (kind === "blob") return "it is a part of an image";
  if (name.length > longest.name) return `it is longer than ${longest.name} characters`;
  if (kind === "image") {
    try {
      const { host, tag, digest, repository } = normalizeReference(name);
      const full = `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest ? `@${digest}` : ""}`;
      if (full !== name) return "it is not a full image name: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST";
      return hostFault(host);
    } catch {
      return "it is not a full image name: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST";
    }
  }
  const url = `https://${name}`;
  // What the parser would rewrite (climbing paths, odd hosts) has no name that every tool agrees on.
  if (!URL.canParse(url) || new URL(url).href !== url || !/^[^/@]+\/[^?#]*[^/?#]$/.test(name))
    return "it is not HOST/PATH of a file";
  if (name.split("/").some((part) => part === "" || part.length > longest.part))
    return "a part of its path is empty or too long";
  return hostFault(name.slice(0, name.indexOf("/")));
}

function assertFetchable({ kind, name, where }: Wanted): void {
  const fault = wishFault(kind, name);
  if (fault !== undefined) throw new KsoError("usage", `Cannot use ${where}: ${shown(name)}: ${fault}`);
}

/** Names come from whoever could ask the server: none may lead into the network that fetches. */
function hostFault(host: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase().replace(/\.$/, "");
  if (/^\[|^[\d.]+$/.test(name)) return "its host is an address; wishes are fetched from named hosts only";
  if (!name.includes(".") || /\.(?:local|localhost|internal|localdomain|lan|home\.arpa)$/.test(name))
    return "its host is a name of a private network";
  return undefined;
}

function isPlatform(text: string): boolean {
  return /^[a-z0-9]+\/[a-z0-9._-]+(\/[a-z0-9._-]+)?$/.test(text);
}

/** Quoted, without what a terminal would obey, not endless. */
function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name).replace(/[\u007f-\u009f]/g, "?");
}
