// Opens the image that another one is built on, of a web server or a registry: its layers and its configuration, for each
// platform.
import * as v from "valibot";
import type { BlobSource, Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { LockedImage } from "../../core/lock.ts";
import { readWhole } from "../../files/extents.ts";
import { documentLimit } from "../../oci/document.ts";
import { walkImage } from "../../oci/walk.ts";

/** The base of one platform. */
export interface PlatformBase {
  readonly platform: string;
  /** Of its image manifest. */
  readonly digest: Digest;
  /** With OCI's media types. */
  readonly layers: readonly Descriptor[];
  readonly config: BaseConfig;
}

/** An image configuration (https://github.com/opencontainers/image-spec/blob/main/config.md), with all else that is in it. */
export interface BaseConfig {
  readonly [key: string]: unknown;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string | undefined;
  readonly config?: {
    readonly [key: string]: unknown;
    readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  } | null;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly string[] };
  readonly history?: readonly { readonly [key: string]: unknown; readonly empty_layer?: boolean | undefined }[] | null;
}

const schema: v.GenericSchema<unknown, BaseConfig> = v.looseObject({
  architecture: v.string(),
  os: v.string(),
  variant: v.optional(v.string()),
  config: v.exactOptional(
    v.nullable(v.looseObject({ Labels: v.optional(v.nullable(v.record(v.string(), v.string()))) })),
  ),
  rootfs: v.object({ type: v.literal("layers"), diff_ids: v.array(v.string()) }),
  history: v.exactOptional(v.nullable(v.array(v.looseObject({ empty_layer: v.optional(v.boolean()) })))),
});

const layerTypes: Readonly<Record<string, string>> = {
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.diff.tar.zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
};

/** Opens the base for each platform. @throws KsoError `unresolvable` naming the base and what it lacks. */
export function openBase(base: LockedImage, platforms: readonly string[], blobs: BlobSource): PlatformBase[] {
  const read = (blob: Descriptor): Uint8Array | undefined => {
    const extents = blobs.locate(blob.digest);
    return extents && readWhole(extents, documentLimit);
  };
  const { images, unavailable } = walkImage(base.root, platforms, read);
  if (unavailable.length > 0) {
    const present = images.map(({ platform }) => platform).join(", ");
    throw baseError(
      base,
      `it has no image for ${unavailable.join(", ")}${present === "" ? "" : ` (it has ${present})`}`,
    );
  }
  return platforms.map((platform) => {
    const image = images.find((candidate) => candidate.platform === platform);
    const bytes = image && read(image.config);
    if (!image || !bytes) throw baseError(base, `what it is for ${platform} is no image, or not in the store`);
    const config = parseBaseConfig(base, platform, bytes);
    if (config.rootfs.diff_ids.length !== image.layers.length)
      throw baseError(
        base,
        `for ${platform} it has ${image.layers.length} layers, and ${config.rootfs.diff_ids.length} in its configuration`,
      );
    const layers = image.layers.map((layer) => ({ ...layer, mediaType: layerType(base, platform, layer) }));
    return { platform, digest: image.manifest.digest, layers, config };
  });
}

function parseBaseConfig(base: LockedImage, platform: string, bytes: Uint8Array): BaseConfig {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw baseError(base, `its configuration for ${platform} cannot be read: ${messageOf(cause)}`, cause);
  }
}

/** OCI's media type of a layer. */
function layerType(base: LockedImage, platform: string, layer: Descriptor): string {
  const mediaType = layerTypes[layer.mediaType] ?? layer.mediaType;
  if (/^application\/vnd\.oci\.image\.layer\.v1\.tar(\+(gzip|zstd))?$/.test(mediaType)) return mediaType;
  throw baseError(base, `for ${platform} it has a layer of the type ${JSON.stringify(layer.mediaType)}`);
}

function baseError(base: LockedImage, reason: string, cause?: unknown): KsoError {
  return new KsoError("unresolvable", `Cannot build on ${base.image}: ${reason}`, cause);
}
