// Which versions upstream has that kso does not know. A tag may be any text: only what is plainly a version is taken.
import * as v from "valibot";
import { KsoError } from "../../core/errors.ts";
import type { Upstream } from "../../core/plugin.ts";
import { printable, quotedName } from "../../core/quote.ts";
import { compare, isVersion, minor, withoutV } from "../../core/version.ts";
import type { UpstreamReader } from "./upstream-client.ts";

/** One version, and GitHub's digests of its assets where they are known: name → digest; null: GitHub has none. */
export interface UpstreamVersion {
  readonly version: string;
  readonly assets?: ReadonlyMap<string, string | null>;
}

/** The number of new versions that are taken of one component, or of one minor version: the newest. */
const maxVersions = 10;

const releases = v.array(
  v.object({
    tag_name: v.string(),
    draft: v.optional(v.boolean(), false),
    prerelease: v.optional(v.boolean(), false),
    assets: v.array(v.object({ name: v.string(), digest: v.optional(v.nullable(v.string()), null) })),
  }),
);
const tags = v.array(v.object({ name: v.string() }));
const api = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };

/**
 * The versions that are newer than the known ones, oldest first. `minors` are the minor versions that a `stable` upstream is asked
 * about.
 * @throws KsoError `fetch` when upstream cannot be read, or publishes what is no list of versions.
 */
export async function findNewVersions(
  upstream: Upstream,
  knownVersions: ReadonlySet<string>,
  minors: readonly string[],
  reader: UpstreamReader,
): Promise<UpstreamVersion[]> {
  const { versions: source } = upstream;
  if ("stable" in source) {
    const patches: UpstreamVersion[] = [];
    for (const line of minors) {
      const newest = stableVersion(await reader.readChanging(source.stable.replaceAll("{minor}", line)), line);
      patches.push(...patchesUpTo(newest, knownVersions).map((version) => ({ version })));
    }
    return patches;
  }
  const newVersions = new Map<string, UpstreamVersion>();
  for (const { tag, ...rest } of await githubTags(source, reader)) {
    const version = versionOf(tag, upstream.tag ?? "v{version}");
    if (version !== undefined && isNewer(version, knownVersions) && !newVersions.has(version))
      newVersions.set(version, { version, ...rest });
  }
  return [...newVersions.values()].sort((a, b) => compare(a.version, b.version)).slice(-maxVersions);
}

/** A tag of a repository, with the digests of its release's assets where releases are listed. */
type GithubTag = { readonly tag: string } & Pick<UpstreamVersion, "assets">;

/** The newest tags of a repository, or those of its newest releases; drafts and prereleases are left out. */
async function githubTags(
  source: { github: string; from?: string | undefined },
  reader: UpstreamReader,
): Promise<GithubTag[]> {
  const base = `https://api.github.com/repos/${source.github}`;
  if (source.from === "tags")
    return parse(tags, await reader.readChanging(`${base}/tags?per_page=100`, api)).map(({ name }) => ({ tag: name }));
  const listed = parse(releases, await reader.readChanging(`${base}/releases?per_page=30`, api));
  return listed
    .filter(({ draft, prerelease }) => !(draft || prerelease))
    .map((release) => ({
      tag: release.tag_name,
      assets: new Map(release.assets.map(({ name, digest }) => [name, digest] as const)),
    }));
}

/** Newer than all that is known, or than what is known of its own line (3.5.27 beside 3.6.10). */
function isNewer(version: string, knownVersions: ReadonlySet<string>): boolean {
  const comparable = [...knownVersions].filter(isVersion);
  const line = comparable.filter((other) => minor(other) === minor(version));
  return (line.length > 0 ? line : comparable).every((other) => compare(version, other) > 0);
}

/** Numbers with dots and nothing else: what has a suffix is a release to come. */
function versionOf(tag: string, pattern: string): string | undefined {
  const [before = "", after = ""] = pattern.split("{version}");
  if (!(tag.startsWith(before) && tag.endsWith(after))) return undefined;
  const version = tag.slice(before.length, tag.length - after.length);
  return /^\d{1,9}(\.\d{1,9}){1,3}$/.test(version) && isVersion(version) ? version : undefined;
}

function stableVersion(text: string, line: string): string {
  const version = withoutV(text.trim());
  if (!/^\d+\.\d+\.\d{1,4}$/.test(version) || minor(version) !== line)
    throw new KsoError(
      "fetch",
      `Cannot use the newest version of Kubernetes ${line}: ${quotedName(text.trim())} is none`,
    );
  return version;
}

/** Patch releases are counted without a hole: those between the newest known one and this. */
function patchesUpTo(newest: string, knownVersions: ReadonlySet<string>): string[] {
  const line = minor(newest);
  const patch = (version: string): number => Number(version.slice(line.length + 1));
  const patches = [...knownVersions]
    .filter((version) => minor(version) === line && /^\d+\.\d+\.\d+$/.test(version))
    .map(patch);
  const last = patch(newest);
  const first = Math.max(...patches, -1, last - maxVersions) + 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${line}.${first + index}`);
}

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KsoError("fetch", "Cannot read GitHub's response: it is not JSON", cause);
  }
  const checked = v.safeParse(schema, value);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  throw new KsoError(
    "fetch",
    `Cannot read GitHub's response: ${v.getDotPath(issue) ?? "it"}: ${printable(issue.message)}`,
  );
}
