// Checks what a plugin contributes, once: everything that follows may trust it.
import * as v from "valibot";
import { digestPattern } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type Platform, platformName } from "../core/platform.ts";
import type { Contribution, Plugin, Release } from "../core/plugin.ts";
import { pinnedImage } from "../core/reference.ts";
import { isFileUrl } from "../core/url.ts";

/** A contribution together with who made it and for which platform. */
export type Contributed = Contribution & {
  readonly component: string;
  readonly platform: Platform;
  /** Why this very item is in, where that is more than why its component is. */
  readonly reason?: string | undefined;
  /** The cluster needs it, listed or not. */
  readonly needed?: boolean | undefined;
  /** Who wrote the URL or the name, where it was not the component's plugin. */
  readonly writer?: string | undefined;
};

/** More than any component has; a plugin that never ends is stopped here. */
export const maxContributions = 1000;

const text = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.regex(/^[^\s\p{Cc}\p{Cf}\p{Cs}]+$/u, "has white space or control characters"),
);
const common = {
  name: text,
  version: text,
  pin: v.optional(text),
  unavailable: v.optional(v.pipe(v.string(), v.nonEmpty())),
  when: v.optional(v.pipe(v.string(), v.nonEmpty(), v.regex(/^\P{Cc}*$/u, "must be one line"))),
};
const schema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("file"),
    ...common,
    url: v.pipe(text, v.check(isFileUrl, "is not an http(s) URL with a host and a path")),
    digests: v.optional(text),
    digest: v.optional(
      v.pipe(v.string(), v.regex(digestPattern, "is not sha256: and 64 hex digits, or sha512: and 128")),
    ),
  }),
  v.strictObject({
    kind: v.literal("image"),
    ...common,
    image: v.pipe(
      text,
      v.check((image) => pinnedImage(image) !== undefined, "is not HOST/REPOSITORY:TAG, with @sha256:… or without"),
    ),
    digest: v.optional(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "is not sha256: and 64 hex digits"))),
  }),
]);

/** What is wrong with a contribution, in words; undefined when nothing is. */
export function problemOf(item: unknown): string | undefined {
  const checked = v.safeParse(schema, item);
  if (checked.success) return undefined;
  const [issue] = checked.issues;
  return `${v.getDotPath(issue) ?? "value"} ${issue.message}`;
}

/** A valid contribution with the digest that an image is pinned to beside its name, and not in its name or version. */
export function withPin<T extends Contribution>(item: T): T {
  if (item.kind === "file" || !item.image.includes("@")) return item;
  const { version, digest } = item;
  return {
    ...item,
    version: version.replace(/(.)@.*$/s, "$1"),
    ...(digest !== undefined && { digest }),
    ...pinnedImage(item.image),
  };
}

/**
 * The contributions of one plugin to a release, for one platform.
 * @throws KsoError `unresolvable` naming the plugin, the contribution and the reason.
 */
export function contributionsOf(plugin: Plugin, release: Release, platform: Platform): Contributed[] {
  const items: Contributed[] = [];
  const seen = new Set<string>();
  for (const item of uncheckedContributions(plugin, release, platform)) {
    const subject = `Plugin "${plugin.name}" for ${release.name} on ${platformName(platform)}`;
    const problem = problemOf(item);
    if (problem !== undefined) {
      const name = (item as { name?: unknown } | undefined)?.name ?? `contribution ${items.length + 1}`;
      throw new KsoError("unresolvable", `${subject}: ${name}: ${problem}`);
    }
    const contribution = withPin(item as Contribution);
    const key = `${contribution.kind} ${contribution.name} ${contribution.version}`;
    if (seen.has(key)) throw new KsoError("unresolvable", `${subject}: ${key} is contributed twice`);
    seen.add(key);
    items.push({ ...contribution, component: plugin.name, platform });
    if (items.length > maxContributions)
      throw new KsoError("unresolvable", `${subject}: more than ${maxContributions} contributions`);
  }
  return items;
}

function* uncheckedContributions(plugin: Plugin, release: Release, platform: Platform): Iterable<unknown> {
  try {
    yield* plugin.contribute(release, platform);
  } catch (cause) {
    if (cause instanceof KsoError) throw cause;
    throw new KsoError("unresolvable", `Plugin "${plugin.name}" fails for ${release.name}: ${messageOf(cause)}`, cause);
  }
}
