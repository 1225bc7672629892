// Does a web server move files? Then a file arrives under another name and gets its own when it is whole.
import { RegistryError } from "../oci/registry-error.ts";

/** What {@link MoveSupport} needs of a server. */
export interface MovableFiles {
  /** Stores a few bytes. */
  store(path: string, text: string): Promise<void>;
  /** @throws RegistryError where the server does not move. */
  move(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Finds out once, when the first file is put, with a few bytes, which also show that this user may write. */
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
