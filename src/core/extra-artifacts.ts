// Extra artifacts: files and images that are no part of a release and go into a bundle because a user names them, or because a server
// inside the air gap was asked for them and lacks them. A server writes its list from the requests of anybody who can reach it, so
// everything in a list is checked when it is read.
//
// The list is JSON (`kso.extra/1`, below), or text with one artifact a line: `https://HOST/PATH` for a file, `HOST/REPOSITORY:TAG` or
// `HOST/REPOSITORY@DIGEST` for an image, then platforms where only those are meant (`linux/amd64,linux/arm64`); what follows # is a
// comment.
import * as v from "valibot";
import { pathFault } from "./bundle-names.ts";
import type { Digest } from "./digest.ts";
import { KsoError } from "./errors.ts";
import { platformNameSchema } from "./platform.ts";
import { printable, quotedName } from "./quote.ts";
import { formatReference, normalizeReference } from "./reference.ts";
import { isFileUrl } from "./url.ts";

/** One name that a server lacks, and who requested it. */
export interface MissingArtifact {
  /** A blob is a part of an image, which nobody fetches by itself. */
  readonly kind: "file" | "image" | "blob";
  /** `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`, `registry.k8s.io/pause@sha256:…`. */
  readonly name: string;
  /** False: nobody can fetch it by its name, which does not say where it could be had (`pause:3.10`), or is made of other files. */
  readonly complete: boolean;
  /** What it is a part of, where that is known. */
  readonly component?: string;
  /** `linux/amd64`, …: the only ones it is for, where its name says so. */
  readonly platforms?: readonly string[];
  readonly requests: number;
  /** The first request and the last one: ISO 8601, UTC. */
  readonly first: string;
  readonly last: string;
  /** Addresses of the first clients that requested it. */
  readonly clients: readonly string[];
}

/** What a server was asked for and lacks. */
export interface MissingList {
  readonly schema: "kso.extra/1";
  /** The bundles that were served while the requests came. */
  readonly bundles: readonly { readonly release: string; readonly kubernetes: string; readonly lock: string }[];
  /** Requests that are in no entry, because the list was full or the name too long. */
  readonly dropped: number;
  /** The latest first. */
  readonly artifacts: readonly MissingArtifact[];
}

/** An artifact that can be fetched, and where in its list it stands, for messages. */
export interface ExtraArtifact {
  readonly kind: "file" | "image" | "chart";
  /** As in {@link MissingArtifact}; of a chart its path inside the air gap: `charts.example/stable/podinfo-6.7.1.tgz`. */
  readonly name: string;
  /** Of a file that is not at `https://` and its name. */
  readonly url?: string;
  /** Where a chart comes from; its digest and location are in the index of that repository. */
  readonly chart?: { readonly repository: string; readonly name: string; readonly version: string };
  /** What the bytes of a file or a chart must have. */
  readonly digest?: Digest;
  readonly component?: string;
  readonly platforms?: readonly string[];
  /** `line 3 of extra.txt`. */
  readonly where: string;
}

/** More artifacts than any cluster needs. */
const maxArtifacts = 20_000;
/** As in a bundle: the longest path that Linux opens, the longest name in it. Bytes; these names are ASCII. */
const maxLength = { name: 4096, part: 255 } as const;

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(v.number(), v.safeInteger("must be a whole number"), v.minValue(0, "must not be negative"));
const timestamp = v.pipe(v.string(), v.isoTimestamp("must be a moment: 2026-11-24T10:00:00.000Z"));
const artifactSchema: v.GenericSchema<MissingArtifact> = v.strictObject({
  kind: v.picklist(["file", "image", "blob"], "must be file, image or blob"),
  name: text,
  complete: v.boolean(),
  component: v.exactOptional(text),
  platforms: v.exactOptional(v.pipe(v.array(platformNameSchema), v.minLength(1, "must name a platform"))),
  requests: count,
  first: timestamp,
  last: timestamp,
  clients: v.array(text),
});
const listSchema: v.GenericSchema<MissingList> = v.strictObject({
  schema: v.literal("kso.extra/1", 'must be "kso.extra/1"'),
  bundles: v.array(v.strictObject({ release: v.string(), kubernetes: v.string(), lock: v.string() })),
  dropped: count,
  artifacts: v.pipe(v.array(artifactSchema), v.maxLength(maxArtifacts, `names more than ${maxArtifacts} artifacts`)),
});

/**
 * Parses a list in JSON, as a server writes it.
 * @throws KsoError `usage` naming the place and the reason.
 */
export function parseMissingList(json: string, where: string): MissingList {
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
 * Parses a list in either form. What cannot be fetched because its name is not complete is left out, and named by `skipped`.
 * @throws KsoError `usage` naming the line (or the entry), what it says and the reason.
 */
export function parseExtraArtifacts(list: string, where: string): { artifacts: ExtraArtifact[]; skipped: string[] } {
  return /^\s*\{/.test(list)
    ? fetchableOf(parseMissingList(list, where), where)
    : { artifacts: parseLines(list, where), skipped: [] };
}

/** The entries of a server's list that can be fetched. */
function fetchableOf(list: MissingList, where: string): { artifacts: ExtraArtifact[]; skipped: string[] } {
  const artifacts: ExtraArtifact[] = [];
  const skipped: string[] = [];
  for (const [index, { kind, name, complete, component, platforms }] of list.artifacts.entries()) {
    if (!complete || kind === "blob") {
      skipped.push(name);
      continue;
    }
    const artifact: ExtraArtifact = {
      kind,
      name,
      where: `entry ${index + 1} of ${where}`,
      ...(component !== undefined && { component }),
      ...(platforms && { platforms }),
    };
    assertFetchable(kind, artifact);
    artifacts.push(artifact);
  }
  return { artifacts, skipped };
}

function parseLines(list: string, where: string): ExtraArtifact[] {
  const artifacts: ExtraArtifact[] = [];
  for (const [index, line] of list.split(/\r?\n/).entries()) {
    const text = line.replace(/(^|\s)#.*$/s, "").trim();
    if (text === "") continue;
    artifacts.push(parseLine(text, `line ${index + 1} of ${where}`));
    if (artifacts.length > maxArtifacts)
      throw new KsoError("usage", `Cannot use ${where}: it names more than ${maxArtifacts} artifacts`);
  }
  return artifacts;
}

function parseLine(line: string, where: string): ExtraArtifact {
  const [name = "", platforms, surplus] = line.split(/\s+/);
  const invalid = platforms?.split(",").find((text) => !v.is(platformNameSchema, text)) ?? surplus;
  if (invalid !== undefined)
    throw new KsoError("usage", `Cannot use ${where}: ${quotedName(invalid)} is not a platform`);
  const isFile = name.startsWith("https://");
  if (!isFile && name.includes("://"))
    throw new KsoError("usage", `Cannot use ${where}: ${quotedName(name)}: a file's URL begins with https://`);
  const kind = isFile ? "file" : "image";
  const artifact: ExtraArtifact = {
    kind,
    name: isFile ? name.slice("https://".length) : name,
    ...(platforms !== undefined && { platforms: platforms.split(",") }),
    where,
  };
  assertFetchable(kind, artifact);
  return artifact;
}

/** Writes a server's list as text; what cannot be fetched is a comment. */
export function formatMissingList({ bundles, dropped, artifacts }: MissingList): string {
  const lines = artifacts.map((artifact) => {
    const { kind, name, complete, platforms, component, requests, last, clients } = artifact;
    const locator = `${kind === "file" ? "https://" : ""}${name}${platforms ? ` ${platforms.join(",")}` : ""}`;
    const note = `${component ?? "unknown component"}; ${requests === 1 ? "once" : `${requests} times`}, last ${last} by ${clients.at(-1)}`;
    if (complete) return `${locator} # ${note}`;
    return `# ${isChartIndex(name) ? "made from its charts, which are to be added" : "not complete"}: ${name} # ${note}`;
  });
  const served = bundles.map(({ release, kubernetes, lock }) => `${release}, Kubernetes ${kubernetes}, lock ${lock}`);
  const head = [
    `# asked for and not in the bundle (${served.join("; ")})`,
    ...(dropped > 0 ? [`# ${dropped} further requests are not listed`] : []),
  ];
  // No name of a release or a component begins a line, which would be an artifact to fetch.
  return [...head, ...lines].map((line) => `${printable(line)}\n`).join("");
}

/** Is it the index of a chart repository? It is made from the charts; upstream's would lead to the internet. */
export function isChartIndex(name: string): boolean {
  return name.endsWith("/index.yaml");
}

/** What is wrong with a name that a server lists and that is to be fetched from upstream; undefined when nothing is. */
export function artifactFault(kind: MissingArtifact["kind"], name: string): string | undefined {
  if (kind === "blob") return "it is a part of an image";
  return fetchableFault(kind, name) ?? hostFault(name.slice(0, name.indexOf("/")));
}

/** What is wrong with a name, whatever the host; undefined when nothing is. */
export function fetchableFault(kind: "file" | "image", name: string): string | undefined {
  if (name.length > maxLength.name) return `it is longer than ${maxLength.name} characters`;
  if (kind === "image") return imageFault(name);
  if (!isFileUrl(`https://${name}`)) return "it is not HOST/PATH of a file";
  if (name.split("/").some((part) => part === "" || part.length > maxLength.part))
    return "a part of its path is empty or too long";
  return pathFault(name);
}

function imageFault(name: string): string | undefined {
  try {
    if (formatReference(normalizeReference(name)) === name) return undefined;
  } catch {
    // What is no image name at all is no full one either.
  }
  return "it is not a full image name: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST";
}

function assertFetchable(kind: "file" | "image", { name, where }: ExtraArtifact): void {
  const fault = artifactFault(kind, name);
  if (fault !== undefined) throw new KsoError("usage", `Cannot use ${where}: ${quotedName(name)}: ${fault}`);
}

/** Names come from anybody who can reach the server, so none may lead to a host of the network that fetches. */
function hostFault(host: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase().replace(/\.$/, "");
  if (/^\[|^[\d.]+$/.test(name)) return "its host is an address; extra artifacts are fetched from named hosts only";
  if (!name.includes(".") || /\.(?:local|localhost|internal|localdomain|lan|home\.arpa)$/.test(name))
    return "its host is a name of a private network";
  return undefined;
}
