// Signatures and SBOMs in a registry without the referrers API: clients keep a list themselves, an index under the tag
// `sha256-<hex>` of the subject. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
import type { Descriptor } from "../core/descriptor.ts";
import type { Registry } from "../oci/registry.ts";
import { digestOfBytes } from "../oci/verified.ts";
import type { PushDocument } from "./image-content.ts";

const indexType = "application/vnd.oci.image.index.v1+json";

/** Adds a manifest to the list of its subject, unless it is in it; other entries stay. */
export async function listReferrer(
  registry: Registry,
  repository: string,
  { descriptor, bytes, document }: PushDocument,
  signal: AbortSignal,
): Promise<void> {
  const tag = (document.subject ?? "").replace(":", "-");
  const reader = registry.reader(repository);
  const existing = (await reader.head(tag, signal)) ? await reader.manifest(tag, signal) : undefined;
  const entries = existing ? entriesOf(existing.bytes) : [];
  if (entries.some(({ digest }) => digest === descriptor.digest)) return;
  const manifests = [...entries, { ...descriptor, ...describe(bytes) }];
  const written = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  const index = { mediaType: indexType, digest: digestOfBytes(written), size: written.length };
  await registry.writer(repository).put(tag, index, written, signal);
}

function entriesOf(bytes: Uint8Array): Descriptor[] {
  const { manifests = [] } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: Descriptor[] };
  return manifests;
}

/** The properties of an entry that clients filter by: its artifact type and its annotations. */
function describe(bytes: Uint8Array): { artifactType?: string; annotations?: Record<string, string> } {
  const { artifactType, config, annotations } = JSON.parse(new TextDecoder().decode(bytes)) as {
    artifactType?: string;
    config?: { mediaType: string };
    annotations?: Record<string, string>;
  };
  const kind = artifactType ?? config?.mediaType;
  return { ...(kind !== undefined && { artifactType: kind }), ...(annotations && { annotations }) };
}
