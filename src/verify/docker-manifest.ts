// Checks `manifest.json`, which `docker load` reads instead of the index: a container image's names, configurations and layers.
import { blobName, readArchiveText, type StackedArchive } from "../bundle/open.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Lock } from "../core/lock.ts";
import { manifestKind, parseDocument } from "../oci/manifest.ts";
import type { Findings } from "./report.ts";

const entryName = "manifest.json";
/** The host in the names of images that kso makes. */
const localHost = "localhost/";

/** What the list is compared with. */
interface DockerManifestChecks {
  readonly lock: Lock;
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
}

/** Checks that the list names the images of the lock, with their own configurations and layers. */
export function checkDockerManifest(
  archive: StackedArchive,
  { lock, read }: DockerManifestChecks,
  findings: Findings,
): void {
  if (!archive.entries.has(entryName)) return;
  findings.guard(entryName, "structure", () => {
    if (readArchiveText(archive, entryName).trimEnd() !== expectedList(lock, read))
      findings.add(entryName, "lock", "docker load would read other images from it than the lock names");
  });
}

/** The list for the images of the lock that are for one platform each. */
function expectedList(lock: Lock, read: DockerManifestChecks["read"]): string {
  const images = lock.images.filter(
    ({ image, root }) => image.startsWith(localHost) && manifestKind(root.mediaType) === "manifest",
  );
  return JSON.stringify(
    images.map(({ image, root }) => {
      const bytes = read(root);
      const document = bytes && parseDocument(bytes, root);
      const { config, layers } = document?.kind === "manifest" ? document : { config: undefined, layers: [] };
      return {
        Config: config && blobName(config.digest),
        RepoTags: [image.slice(localHost.length)],
        Layers: layers.map(({ digest }) => blobName(digest)),
      };
    }),
  );
}
