// What a file exports travels in; a plugin that can be trusted to have its words and its function travels out.
import * as v from "valibot";
import type { Category, Plugin } from "../core/plugin.ts";

const categories = ["core", "cni", "runtime", "dns", "storage", "addon", "tool"] as const satisfies readonly Category[];
const name = v.pipe(
  v.string("must be text"),
  v.regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower case letters, digits and hyphens"),
);
const words = {
  name,
  category: v.picklist(categories, `must be one of ${categories.join(", ")}`),
  description: v.pipe(
    v.string("must be text"),
    v.nonEmpty("must not be empty"),
    v.regex(/^\P{Cc}*$/u, "must be one line"),
  ),
  aliases: v.optional(v.array(name, "must be a list")),
};
const shape = v.strictObject({ ...words, contribute: v.function("must be a function") }, (issue) =>
  issue.expected === "never"
    ? "is not a key a plugin has"
    : issue.received === "undefined"
      ? "is missing"
      : "the default export must be a plugin object",
);

/** What a plugin says about itself. */
export type PluginWords = Omit<Plugin, "contribute">;

/** @throws Error that says which key is wrong and why. */
export function asPlugin(value: unknown): Plugin {
  if (value === undefined) throw new Error("it has no default export");
  const checked = v.safeParse(shape, value);
  if (checked.success) return value as Plugin;
  const [issue] = checked.issues;
  const key = v.getDotPath(issue);
  throw new Error(`it is not a plugin: ${key ? `${key} ` : ""}${issue.message}`);
}
