// What a user adds, as it stands below `extra:` in kso.yaml or in a file of its own: images, files and charts.
import * as v from "valibot";

const text = v.pipe(v.string("must be text"), v.nonEmpty("has no value"));
const architectures = v.union([text, v.array(text)], "must be one or a list");

function listOf<K extends string>(key: K, more: v.ObjectEntries): v.GenericSchema<unknown, readonly ExtraEntry<K>[]> {
  const entry = v.strictObject(
    { [key]: text, digest: v.optional(text), ...more },
    `must be a name, or ${key}: with it`,
  );
  const entries = v.array(v.union([text, entry], `must be a name, or a mapping of ${key}, ${furtherKeys(more)}`));
  return v.pipe(entries, v.maxLength(10_000, "names more than 10000")) as never;
}

function furtherKeys(more: v.ObjectEntries): string {
  return ["digest", ...Object.keys(more)].join(", ");
}

/** One entry of a list: its name, or a mapping. */
export type ExtraEntry<K extends string> =
  | string
  | ({ readonly [P in K]: string } & {
      readonly digest?: string;
      readonly version?: string;
      readonly architectures?: string | readonly string[];
    });

/** The lists, by what is in them. */
export interface ExtraForm {
  readonly images?: readonly ExtraEntry<"image">[];
  readonly files?: readonly ExtraEntry<"url">[];
  readonly charts?: readonly ExtraEntry<"chart">[];
}

/** The schema of the lists. */
export const extraFormSchema: v.GenericSchema<unknown, ExtraForm> = v.strictObject(
  {
    images: v.optional(listOf("image", { architectures: v.optional(architectures) })),
    files: v.optional(listOf("url", { architectures: v.optional(architectures) })),
    charts: v.optional(listOf("chart", { version: v.optional(text) })),
  },
  "must be images, files and charts",
) as never;

/** What is wrong in a value that may have several forms: the place, below the value's own, and the reason of the form that fits best. */
export function innermostIssue(issue: v.BaseIssue<unknown>): {
  readonly keys: readonly unknown[];
  readonly message: string;
} {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const inner = (issue.issues ?? []).map(innermostIssue);
  const [deepest] = inner.filter((one) => one.keys.length > 0).sort((a, b) => b.keys.length - a.keys.length);
  return deepest ? { keys: [...keys, ...deepest.keys], message: deepest.message } : { keys, message: issue.message };
}
