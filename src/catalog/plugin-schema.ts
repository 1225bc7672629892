// What a plugin file must export.
import * as v from "valibot";
import type { Category, Plugin } from "../core/plugin.ts";

const categories = ["core", "cni", "runtime", "dns", "storage", "addon", "tool"] as const satisfies readonly Category[];
const name = v.pipe(
  v.string("must be text"),
  v.regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower case letters, digits and hyphens"),
);
const address = v.pipe(
  v.string("must be text"),
  v.regex(/^https:\/\/[a-z0-9.-]+\/[^\s?#]*$/, "must be an https URL without a query"),
);
const upstream = v.strictObject({
  pin: v.pipe(v.string(), v.regex(/^[a-z0-9_]+$/, "must be the name of a variable")),
  versions: v.union(
    [
      v.strictObject({
        github: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/)),
        from: v.optional(v.picklist(["releases", "tags"])),
      }),
      v.strictObject({ stable: v.pipe(address, v.includes("{minor}")) }),
    ],
    'must be { github: "OWNER/NAME" } or { stable: a URL with {minor} }',
  ),
  tag: v.optional(v.pipe(v.string(), v.includes("{version}", "must hold {version}"))),
  digests: v.record(
    v.string(),
    v.union(
      [
        v.strictObject({ sums: address }),
        v.strictObject({ suffix: v.pipe(v.string(), v.regex(/^\.[a-z0-9.]+$/)) }),
        v.strictObject({ asset: v.literal(true) }),
        v.strictObject({ none: v.pipe(v.string(), v.nonEmpty()) }),
      ],
      "must be one of sums, suffix, asset and none",
    ),
  ),
});
const metadata = {
  name,
  category: v.picklist(categories, `must be one of ${categories.join(", ")}`),
  description: v.pipe(
    v.string("must be text"),
    v.nonEmpty("must not be empty"),
    v.regex(/^\P{Cc}*$/u, "must be one line"),
  ),
  aliases: v.optional(v.array(name, "must be a list")),
  upstream: v.optional(upstream),
};
const shape = v.strictObject({ ...metadata, contribute: v.function("must be a function") }, (issue) =>
  issue.expected === "never"
    ? "is not a key a plugin has"
    : issue.received === "undefined"
      ? "is missing"
      : "the default export must be a plugin object",
);

/** What a plugin says about itself. */
export type PluginMetadata = Omit<Plugin, "contribute">;

/**
 * A module's default export, as a plugin.
 * @throws Error that says which key is wrong and why.
 */
export function asPlugin(value: unknown): Plugin {
  if (value === undefined) throw new Error("it has no default export");
  const checked = v.safeParse(shape, value);
  if (checked.success) return value as Plugin;
  const [issue] = checked.issues;
  const key = v.getDotPath(issue);
  throw new Error(`it is not a plugin: ${key ? `${key} ` : ""}${issue.message}`);
}
