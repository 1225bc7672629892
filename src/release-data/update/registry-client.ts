// Asks registries, or the mirrors that stand for them, which architectures images have. A registry that does not answer is asked once.
import { KsoError } from "../../core/errors.ts";
import { parseReference } from "../../core/reference.ts";
import { HttpError } from "../../http/error.ts";
import type { Http } from "../../http/http.ts";
import { Logins } from "../../oci/auth.ts";
import type { Credentials } from "../../oci/credentials.ts";
import { readPlatforms } from "../../oci/image.ts";
import { openRegistry, type Registry, registryAt, registryBase } from "../../oci/registry.ts";
import type { Mirrors } from "../../plan/mirrors.ts";
import type { ImageReader } from "./images.ts";

/** How registries are reached. */
export interface RegistryClientOptions {
  readonly http: Http;
  readonly credentials: Credentials;
  readonly mirrors: Mirrors;
  readonly signal?: AbortSignal;
}

/** Reads images' indexes from registries. */
export class RegistryClient implements ImageReader {
  readonly #options: RegistryClientOptions;
  readonly #logins: Logins;
  readonly #opened = new Map<string, Registry>();
  /** Address → why it is asked no more. */
  readonly #unresponsive = new Map<string, unknown>();

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#logins = new Logins(options);
  }

  async platformsOf(image: string, platforms: readonly string[]): Promise<readonly string[]> {
    const { signal, mirrors } = this.#options;
    const { host, repository, tag } = parseReference(image);
    let failure: unknown = new KsoError("fetch", `there is no tag "${tag}"`);
    for (const address of mirrors.get(host) ?? [registryBase(host)]) {
      const base = registryAt(address, host);
      try {
        if (this.#unresponsive.has(base)) throw this.#unresponsive.get(base);
        const reader = this.#open(base, host).reader(repository);
        const root = await reader.head(tag, signal);
        if (root) return await readPlatforms({ repository: reader, root, platforms, ...(signal && { signal }) });
      } catch (cause) {
        signal?.throwIfAborted();
        if (cause instanceof HttpError && cause.status === undefined) this.#unresponsive.set(base, cause);
        failure = cause;
      }
    }
    throw failure;
  }

  #open(base: string, host: string): Registry {
    const { http, credentials } = this.#options;
    // A mirror gets its own login, never that of the registry it stands for.
    const login = base === registryBase(host) ? host : new URL(base).host;
    const registry =
      this.#opened.get(base) ?? openRegistry({ http, credentials, base, host: login, logins: this.#logins });
    this.#opened.set(base, registry);
    return registry;
  }
}
