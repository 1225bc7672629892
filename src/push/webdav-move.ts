// Finds out whether a web server can move files: then a file is put under another name and renamed when it is complete.
import { RegistryError } from "../oci/registry-error.ts";

/** The requests that {@link MoveSupport} sends. */
export interface MovableFiles {
  /** Stores a few bytes. */
  store(path: string, text: string): Promise<void>;
  /** @throws RegistryError where the server does not move. */
  move(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Tries once, with a small file, whether the server moves files; this also shows whether the user may write. */
export class MoveSupport {
  readonly #files: MovableFiles;
  #detected: Promise<boolean> | undefined;

  constructor(files: MovableFiles) {
    this.#files = files;
  }

  /** Does the server move files? */
  detect(): Promise<boolean> {
    this.#detected ??= this.#try();
    return this.#detected;
  }

  async #try(): Promise<boolean> {
    const [from, to] = [".kso-probe", ".kso-probe-moved"];
    await this.#files.store(from, "kso tried whether this server moves files; delete it\n");
    const moves = await this.#files.move(from, to).then(
      () => true,
      (cause) => {
        if (!(cause instanceof RegistryError)) throw cause;
        return false;
      },
    );
    await this.#files.remove(moves ? to : from);
    return moves;
  }
}
