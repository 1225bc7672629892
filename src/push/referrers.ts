// Signatures and SBOMs in a registry without the referrers API: clients keep a list themselves, an index under the tag
// `sha256-<hex>` of the subject. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
import { type Referrer, referrerIndex, referrerOf } from "../oci/referrer-list.ts";
import type { Registry } from "../oci/registry.ts";
import type { PushDocument } from "./image-content.ts";

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
  const list = referrerIndex([...entries, referrerOf(descriptor, bytes)]);
  await registry.writer(repository).put(tag, list.index, list.bytes, signal);
}

function entriesOf(bytes: Uint8Array): Referrer[] {
  const { manifests = [] } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: Referrer[] };
  return manifests;
}
