// The schemas of both kinds of manifest: users' manifests are checked with them, and the committed JSON Schemas are made from them.
import * as v from "valibot";
import { digestSchema } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest, ReleaseOverlay } from "../core/manifest.ts";
import { isFullReference } from "../core/reference.ts";

const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]*$/, "must be lower case, digits, dots and hyphens"));
const version = v.pipe(v.string(), v.regex(/^[0-9][A-Za-z0-9._+-]*$/, "must be a version without a leading v"));
const names = v.array(v.pipe(v.string(), v.nonEmpty()));

/** The schema of `manifests/<component>.json`. */
export const componentSchema: v.GenericSchema<ComponentManifest> = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(name, v.description("The component's name, equal to the file's stem")),
  requires: v.optional(
    v.pipe(
      v.record(name, v.string()),
      v.description("Component → range of kubespray releases in which it is required (* for all)"),
    ),
  ),
  files: v.optional(
    v.pipe(
      v.record(
        v.string(),
        v.strictObject({
          source: v.pipe(v.string(), v.nonEmpty(), v.description("Where these digests are published")),
          versions: v.pipe(
            v.record(version, v.record(v.pipe(v.string(), v.regex(/^[a-z0-9]+$/)), digestSchema)),
            v.description("Version → architecture (any where one file serves all) → digest"),
          ),
        }),
      ),
      v.description("File name, as the plugin writes it → its published digests"),
    ),
  ),
  images: v.optional(
    v.pipe(
      v.record(
        v.pipe(
          v.string(),
          v.check((name) => isFullReference(`${name}:tag`), "must be HOST/REPOSITORY"),
        ),
        v.strictObject({
          source: v.pipe(v.string(), v.nonEmpty(), v.description("Where this was seen")),
          tags: v.pipe(
            v.record(v.string(), v.record(v.pipe(v.string(), v.regex(/^[a-z0-9]+$/)), v.boolean())),
            v.description("Tag (* for every one) → architecture → whether there is an image for it"),
          ),
        }),
      ),
      v.description("Repository → which architectures its images are for; what does not stand here is unknown"),
    ),
  ),
});

const release = {
  $schema: v.optional(v.string()),
  name: v.pipe(v.string(), v.regex(/^kubespray-[0-9][A-Za-z0-9.+-]*$/, "must be kubespray-VERSION")),
  version,
  source: v.strictObject({ repository: v.string(), tag: v.string(), commit: v.string(), date: v.string() }),
  pins: v.pipe(
    v.record(v.string(), v.string()),
    v.description("kubespray variable → value; versions without a leading v"),
  ),
  byKubernetes: v.pipe(
    v.record(
      v.string(),
      v.pipe(v.array(v.strictObject({ from: version, value: v.nullable(v.string()) })), v.minLength(1)),
    ),
    v.description("kubespray variable → values by Kubernetes version, in ascending order"),
  ),
  origins: v.optional(
    v.pipe(
      v.record(v.string(), v.string()),
      v.description("kubespray variable → its value, for each that begins with an origin's host"),
    ),
  ),
  digests: v.optional(
    v.record(name, v.record(v.string(), v.record(version, v.record(v.string(), v.nullable(digestSchema))))),
  ),
};
const kubernetes = { default: version, versions: v.pipe(v.array(version), v.minLength(1)) };
const lists = { files: names, images: names };

/** The schema of `manifests/releases/kubespray-<version>.json`. */
export const releaseSchema: v.GenericSchema<ReleaseManifest> = v.strictObject({
  ...release,
  kubernetes: v.strictObject(kubernetes),
  lists: v.strictObject(lists),
});

/** The schema of a release manifest in a `--manifests` folder, which names only what it adds or changes. */
export const overlaySchema: v.GenericSchema<ReleaseOverlay> = v.strictObject({
  ...v.partial(v.strictObject(release)).entries,
  name: release.name,
  kubernetes: v.optional(v.partial(v.strictObject(kubernetes))),
  lists: v.optional(v.partial(v.strictObject(lists))),
});

/**
 * Checks that a manifest is named like its file.
 * @throws KsoError `unresolvable` naming the file and both names.
 */
export function assertNamedLikeFile(name: string, stem: string, path: string): void {
  if (name !== stem)
    throw new KsoError("unresolvable", `Cannot use ${path}: its name is "${name}" and the file's is "${stem}"`);
}

/**
 * Parses JSON text against a schema.
 * @throws KsoError `unresolvable` naming the file, the place in it and the reason.
 */
export function parseManifest<T>(schema: v.GenericSchema<unknown, T>, text: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KsoError("unresolvable", `Cannot read ${path}: it is not JSON`, cause);
  }
  return checkManifest(schema, value, path);
}

/**
 * Checks a value against a schema.
 * @throws KsoError `unresolvable` naming the file, the place in it and the reason.
 */
export function checkManifest<T>(schema: v.GenericSchema<unknown, T>, value: unknown, path: string): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new KsoError("unresolvable", `Cannot use ${path}: ${place ? `${place}: ` : ""}${issue.message}`);
}
