// Builders of images for tests/support/registry.ts: bytes with digests, and nothing on any wire yet.
import { gunzipSync } from "node:zlib";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { sha } from "./seed.ts";

/** Documents and blobs, and where they start. */
export interface Seeded {
  readonly root: Descriptor;
  readonly manifests: readonly { readonly bytes: Uint8Array; readonly mediaType: string }[];
  readonly blobs: readonly Uint8Array[];
}

export interface SeededImage extends Seeded {
  /** Platform → its manifest, configuration and layers. */
  readonly platforms: Readonly<
    Record<
      string,
      { readonly manifest: Descriptor; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
    >
  >;
  /** Attestation manifests. */
  readonly attestations: readonly Descriptor[];
}

export interface ImageSpec {
  /** `linux/arm64/v8` → what it holds. */
  readonly platforms: Readonly<
    Record<
      string,
      {
        readonly layers: readonly Uint8Array[];
        readonly entrypoint?: readonly string[];
        /** What else its configuration says. */
        readonly configuration?: Readonly<Record<string, unknown>>;
        /** What the configuration says, where it is not what the index says. */
        readonly architecture?: string;
        /** Leaves the platform out of the index. */
        readonly unnamed?: boolean;
      }
    >
  >;
  /** Default true; false needs one platform. */
  readonly index?: boolean;
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** An attestation for each platform. */
  readonly attestations?: boolean;
  /** What the manifests say that each layer has, where it is not the truth. Bytes. */
  readonly layerSize?: number;
  /** So many indexes, without a platform, around the manifests. */
  readonly nested?: number;
}

const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";

/** A document and what describes it. */
export function document(
  value: unknown,
  mediaType: string,
): { bytes: Uint8Array; mediaType: string; blob: Descriptor } {
  // Spaces, so that nobody gets away with writing the JSON anew.
  const bytes = new TextEncoder().encode(JSON.stringify(value, null, 3));
  return { bytes, mediaType, blob: describe(bytes, mediaType) };
}

export function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: sha(bytes), size: bytes.length };
}

/** A layer as it is on a disk. */
function plain(layer: Uint8Array): Uint8Array {
  return layer[0] === 0x1f && layer[1] === 0x8b ? gunzipSync(layer) : layer;
}

export function image(spec: ImageSpec): SeededImage {
  const types = spec.docker
    ? {
        index: `${docker}.distribution.manifest.list.v2+json`,
        manifest: `${docker}.distribution.manifest.v2+json`,
        config: `${docker}.container.image.v1+json`,
        layer: `${docker}.image.rootfs.diff.tar.gzip`,
      }
    : {
        index: `${oci}.index.v1+json`,
        manifest: `${oci}.manifest.v1+json`,
        config: `${oci}.config.v1+json`,
        layer: `${oci}.layer.v1.tar+gzip`,
      };
  const manifests: { bytes: Uint8Array; mediaType: string }[] = [];
  const blobs: Uint8Array[] = [];
  const platforms: Record<string, { manifest: Descriptor; config: Descriptor; layers: Descriptor[] }> = {};
  let entries: object[] = [];
  const attestations: Descriptor[] = [];
  const add = (value: unknown, mediaType: string): Descriptor => {
    const made = document(value, mediaType);
    manifests.push(made);
    return made.blob;
  };
  for (const [platform, { layers, entrypoint, configuration, architecture, unnamed }] of Object.entries(
    spec.platforms,
  )) {
    const [os, arch, variant] = platform.split("/");
    const config = document(
      {
        architecture: architecture ?? arch,
        os,
        ...(variant && { variant }),
        config: { ...(entrypoint && { Entrypoint: entrypoint }) },
        rootfs: { type: "layers", diff_ids: layers.map((layer) => sha(plain(layer))) },
        ...configuration,
      },
      types.config,
    );
    blobs.push(config.bytes, ...layers);
    const described = layers.map((layer) => ({
      ...describe(layer, types.layer),
      ...(spec.layerSize !== undefined && { size: spec.layerSize }),
    }));
    const manifest = add(
      { schemaVersion: 2, mediaType: types.manifest, config: config.blob, layers: described },
      types.manifest,
    );
    platforms[platform] = { manifest, config: config.blob, layers: described };
    const named = { os, architecture: arch, ...(variant && { variant }) };
    entries.push({ ...manifest, ...(!unnamed && { platform: named }) });
  }
  if (spec.index === false) {
    const [only] = Object.values(platforms);
    return { root: only?.manifest as Descriptor, manifests, blobs, platforms, attestations };
  }
  for (const { manifest } of spec.attestations ? Object.values(platforms) : []) {
    const { manifests: made, blobs: more, root } = artifact({ statement: manifest.digest });
    manifests.push(...made);
    blobs.push(...more);
    attestations.push(root);
    entries.push({
      ...root,
      annotations: {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": manifest.digest,
      },
      platform: { architecture: "unknown", os: "unknown" },
    });
  }
  const wrap = (): Descriptor => add({ schemaVersion: 2, mediaType: types.index, manifests: entries }, types.index);
  let root = wrap();
  for (let depth = 0; depth < (spec.nested ?? 0); depth++) {
    entries = [root];
    root = wrap();
  }
  return { root, manifests, blobs, platforms, attestations };
}

/** A manifest with OCI's empty configuration and one layer: an attestation; with a subject, a referrer. */
export function artifact(
  content: unknown,
  subject?: Descriptor,
  artifactType = "application/vnd.example.sbom",
): Seeded {
  const empty = new TextEncoder().encode("{}");
  const layer = new TextEncoder().encode(JSON.stringify(content));
  const manifest = document(
    {
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      artifactType,
      config: describe(empty, "application/vnd.oci.empty.v1+json"),
      layers: [describe(layer, "application/vnd.in-toto+json")],
      ...(subject && { subject }),
    },
    `${oci}.manifest.v1+json`,
  );
  return { root: manifest.blob, manifests: [manifest], blobs: [empty, layer] };
}

/** An index of such documents: the fallback for registries without the referrers API, under the tag `sha256-<hex>`. */
export function indexOf(...manifests: readonly Descriptor[]): Seeded {
  const index = document({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests }, `${oci}.index.v1+json`);
  return { root: index.blob, manifests: [index], blobs: [] };
}

/** A chart of Helm as `helm push` puts it into a registry. */
export function chartImage(archive: Uint8Array): Seeded {
  const config = new TextEncoder().encode('{"name":"chart"}');
  const types = "application/vnd.cncf.helm";
  const { blob, ...manifest } = document(
    {
      schemaVersion: 2,
      config: describe(config, `${types}.config.v1+json`),
      layers: [describe(archive, `${types}.chart.content.v1.tar+gzip`)],
    },
    `${oci}.manifest.v1+json`,
  );
  return { root: blob, manifests: [manifest], blobs: [config, archive] };
}
