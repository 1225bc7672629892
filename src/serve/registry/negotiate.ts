// Which manifest a client gets that asks by tag. An index is given as it is, sparse or not, to everyone who reads one of any
// kind. A client that knows only manifests of one platform gets that of its own, as registries have always done for old ones.
import type { Descriptor } from "../../core/descriptor.ts";
import { manifestKind, parseDocument } from "../../oci/manifest.ts";
import type { ContentIndex } from "../content/content-index.ts";
import type { ContentSource } from "../content/respond.ts";

/** What Docker tells about its machine in its user agent: `docker/19.03 … os/linux arch/arm64`. */
const told = /\barch\/([a-z0-9]+)/;

export function chooseManifest(
  root: Descriptor,
  request: Request,
  shelf: ContentIndex,
  source: ContentSource,
): Descriptor {
  const accept = request.headers.get("accept");
  if (accept === null || manifestKind(root.mediaType) !== "index" || accept.includes(root.mediaType)) return root;
  const types = accept.split(",").map((one) => one.replace(/;.*/s, "").trim().toLowerCase());
  const takes = (type: string): boolean =>
    types.some((one) => one === type || one === "*/*" || one === "application/*");
  if (takes(root.mediaType) || types.every((type) => manifestKind(type) === undefined)) return root;
  const bytes = source.cached(root);
  const document = bytes && parseDocument(bytes, root);
  if (document?.kind !== "index") return root;
  const here = document.entries.filter(
    ({ blob, runsOn, attests }) =>
      attests === undefined &&
      runsOn?.os === "linux" &&
      shelf.blobs.has(blob.digest) &&
      manifestKind(blob.mediaType) === "manifest",
  );
  const arch = told.exec(request.headers.get("user-agent") ?? "")?.[1] ?? "amd64";
  const own =
    here.find(({ runsOn }) => runsOn?.architecture === arch) ??
    here.find(({ runsOn }) => runsOn?.architecture === "amd64");
  const readsIndexes = types.some((type) => manifestKind(type) === "index");
  // Between Docker's index and OCI's, those who read one of them fare better with the other than with one platform that they
  // may not be, unless its manifest is of a type that they name.
  return own && (takes(own.blob.mediaType) || !readsIndexes) ? own.blob : root;
}
