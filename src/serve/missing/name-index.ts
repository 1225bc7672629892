// Finds the component of a file or image by the known names that differ from its name in version or architecture only.
import { parseReference } from "../../core/reference.ts";

/** A name that belongs to a component: `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`. */
export interface NamedArtifact {
  readonly kind: "file" | "image";
  readonly name: string;
  readonly component: string;
}

/** Components by the names of their artifacts, whatever the version and the architecture. */
export class NameIndex {
  readonly #files = new Map<string, string>();
  /** By host and repository. */
  readonly #images = new Map<string, string>();
  /** Repository alone → host and repository; null where two registries have one of that name. */
  readonly #repositories = new Map<string, string | null>();

  constructor(artifacts: Iterable<NamedArtifact>) {
    for (const { kind, name, component } of artifacts) {
      if (kind === "file") this.#files.set(shapeOf(name), component);
      else this.#addImage(name, component);
    }
  }

  /** The component of a file like this one. */
  componentOfFile(path: string): string | undefined {
    return this.#files.get(shapeOf(path));
  }

  /** The component of an image: `HOST/REPOSITORY`. */
  componentOfImage(name: string): string | undefined {
    return this.#images.get(name);
  }

  /** `HOST/REPOSITORY` of the only registry that has such a repository. */
  fullNameOf(repository: string): string | undefined {
    return this.#repositories.get(repository) ?? undefined;
  }

  #addImage(name: string, component: string): void {
    const { host, repository } = parseReference(name);
    const fullName = `${host}/${repository}`;
    this.#images.set(fullName, component);
    const existing = this.#repositories.get(repository);
    this.#repositories.set(repository, existing === undefined || existing === fullName ? fullName : null);
  }
}

/** A path without what differs from version to version and from architecture to architecture. */
function shapeOf(path: string): string {
  return path
    .replace(/amd64|arm64|x86_64|aarch64|arm64v8/g, "A")
    .replace(/[-._](?:alpha|beta|rc)[-._]?\d*/g, "")
    .replace(/\d+/g, "0")
    .replace(/0(?:\.0)+/g, "0");
}
