// Which manifest a client gets for a tag. A client that accepts an index of any kind gets the index as it is, sparse or not. One that
// accepts only image manifests gets that of its platform, as registries have always done for old clients.
import type { Descriptor } from "../../core/descriptor.ts";
import { manifestKind, parseDocument } from "../../oci/manifest.ts";
import type { ContentIndex } from "../content/content-index.ts";
import type { ContentSource } from "../content/respond.ts";

/** The architecture in Docker's user agent: `docker/19.03 … os/linux arch/arm64`. */
const userAgentArchitecture = /\barch\/([a-z0-9]+)/;

/** Returns the descriptor to answer with: that of the tag, or of one platform's manifest in it. */
export function chooseManifest(
  root: Descriptor,
  request: Request,
  index: ContentIndex,
  source: ContentSource,
): Descriptor {
  const accept = request.headers.get("accept");
  if (accept === null || manifestKind(root.mediaType) !== "index" || accept.includes(root.mediaType)) return root;
  const types = accept.split(",").map((type) => type.replace(/;.*/s, "").trim().toLowerCase());
  const accepts = (mediaType: string): boolean =>
    types.some((type) => type === mediaType || type === "*/*" || type === "application/*");
  if (accepts(root.mediaType) || types.every((type) => manifestKind(type) === undefined)) return root;
  const architecture = userAgentArchitecture.exec(request.headers.get("user-agent") ?? "")?.[1] ?? "amd64";
  const manifest = manifestFor(architecture, root, index, source);
  const readsIndexes = types.some((type) => manifestKind(type) === "index");
  // A client that accepts only the other kind of index (Docker's or OCI's) still gets the index, because the chosen platform may not
  // be its own; unless it accepts the type of that manifest.
  return manifest && (accepts(manifest.mediaType) || !readsIndexes) ? manifest : root;
}

/** The manifest of an index for the architecture, else for amd64, of those that the bundle has. */
function manifestFor(
  architecture: string,
  root: Descriptor,
  index: ContentIndex,
  source: ContentSource,
): Descriptor | undefined {
  const bytes = source.cached(root);
  const document = bytes && parseDocument(bytes, root);
  if (document?.kind !== "index") return undefined;
  const manifests = document.entries.filter(
    ({ blob, platform, attests }) =>
      attests === undefined &&
      platform?.os === "linux" &&
      index.blobs.has(blob.digest) &&
      manifestKind(blob.mediaType) === "manifest",
  );
  const entry =
    manifests.find(({ platform }) => platform?.architecture === architecture) ??
    manifests.find(({ platform }) => platform?.architecture === "amd64");
  return entry?.blob;
}
