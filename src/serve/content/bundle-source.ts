// Where responses take the bytes of open bundles from.
import type { OpenFiles } from "../../bundle/open-files.ts";
import type { Descriptor, Extent } from "../../core/descriptor.ts";
import { KsoError } from "../../core/errors.ts";
import { bodyOf } from "../../runtime/body.ts";
import { BlobCache } from "./blob-cache.ts";
import type { ContentIndex } from "./content-index.ts";
import type { ContentSource } from "./respond.ts";

/** The bytes of indexed bundles, through their open files. */
export function bundleSource(index: ContentIndex, files: OpenFiles): ContentSource {
  const locate = ({ digest, size }: Descriptor): readonly Extent[] => {
    const extents = index.locate(digest);
    const length = extents?.reduce((sum, extent) => sum + extent.length, 0);
    if (!extents || length !== size)
      throw new KsoError(
        "verify",
        `Cannot serve ${digest}: the bundle is damaged, it ${extents ? `has ${length} of ${size} bytes` : "is not there"}`,
      );
    return files.openExtents(extents);
  };
  const cache = new BlobCache(locate);
  return { cached: (blob) => index.generated.get(blob.digest) ?? cache.get(blob), locate, body: bodyOf };
}
