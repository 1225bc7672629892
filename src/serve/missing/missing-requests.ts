// Requests for what the bundles lack, gathered into a list that the connected side can fetch. Anybody who can reach the server can
// write here, so the list has an end, and names are kept only as what they are.
import { canonicalName } from "../../core/docker-hub.ts";
import { artifactFault, type MissingArtifact, type MissingList } from "../../core/extra-artifacts.ts";
import type { Lock } from "../../core/lock.ts";
import type { MissingRequest } from "../handler.ts";
import { type NamedArtifact, NameIndex } from "./name-index.ts";

export interface MissingRequestsOptions {
  readonly bundles: MissingList["bundles"];
  readonly locks: readonly Lock[];
  /** Further names whose component is known; called once, at the first request that the locks do not explain. */
  readonly namedArtifacts?: () => Iterable<NamedArtifact>;
  /** What an earlier run wrote down. */
  readonly earlier?: MissingList | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Called at each request. */
  readonly onChange?: () => void;
}

const maxNames = 10_000;
const maxClientsPerName = 8;
/** A longer name is no name. Characters. */
const maxNameLength = 1024;

/** What a name says by itself. */
interface NameDetails {
  readonly component: string | undefined;
  readonly platforms?: readonly string[] | undefined;
}

/** The requests for what the bundles lack. */
export class MissingRequests {
  readonly #options: MissingRequestsOptions;
  readonly #artifacts: Map<string, MissingArtifact>;
  readonly #locked: NameIndex;
  #further: NameIndex | undefined;
  #dropped: number;
  #requests = 0;

  constructor(options: MissingRequestsOptions) {
    const { earlier, locks } = options;
    this.#options = options;
    this.#artifacts = new Map(earlier?.artifacts.map((artifact) => [keyOf(artifact), artifact]));
    this.#dropped = earlier?.dropped ?? 0;
    this.#locked = new NameIndex(locks.flatMap(namedArtifactsOf));
  }

  /** Takes a request. */
  add({ kind, name, client }: MissingRequest): void {
    this.#requests++;
    // Names of files come decoded; the list has addresses.
    const fullName = kind === "file" ? encoded(name) : this.#completed(name);
    const key = keyOf({ kind, name: fullName });
    const existing = this.#artifacts.get(key);
    const at = new Date((this.#options.now ?? Date.now)()).toISOString();
    if (existing) this.#artifacts.set(key, { ...existing, ...oneMore(existing, client), last: at });
    else if (this.#artifacts.size >= maxNames || fullName.length > maxNameLength) this.#dropped++;
    else {
      const { component, platforms } = this.#describe(kind, fullName);
      this.#artifacts.set(key, {
        kind,
        name: fullName,
        complete: artifactFault(kind, fullName) === undefined,
        ...(component !== undefined && { component }),
        ...(platforms && { platforms }),
        requests: 1,
        first: at,
        last: at,
        clients: [client],
      });
    }
    this.#options.onChange?.();
  }

  /** What the connected side takes. */
  list(): MissingList {
    return {
      schema: "kso.extra/1",
      bundles: this.#options.bundles,
      dropped: this.#dropped,
      artifacts: [...this.#artifacts.values()].sort((a, b) =>
        a.last > b.last ? -1 : a.last < b.last ? 1 : a.name < b.name ? -1 : 1,
      ),
    };
  }

  /** The number of requests, and of names among them. */
  get counts(): { readonly requests: number; readonly names: number } {
    return { requests: this.#requests, names: this.#artifacts.size };
  }

  #describe(kind: MissingArtifact["kind"], name: string): NameDetails {
    if (kind === "file")
      return {
        component: this.#lookUp((index) => index.componentOfFile(name)),
        platforms: platformsIn(name),
      };
    const [repository] = splitImage(name);
    return { component: this.#lookUp((index) => index.componentOfImage(repository)) };
  }

  /** An image's name with its registry: where it does not say which, the only one that has such a repository is meant. */
  #completed(name: string): string {
    // Whatever would end a line or steer a terminal is no part of a name.
    const [repository, reference] = splitImage(name.replace(/[\s\p{C}]/gu, "?"));
    const bare = canonicalName(repository);
    const fullName = hasHost(bare) ? bare : (this.#lookUp((index) => index.fullNameOf(bare)) ?? bare);
    return `${fullName}${reference}`;
  }

  #lookUp<T>(look: (index: NameIndex) => T | undefined): T | undefined {
    const result = look(this.#locked);
    if (result !== undefined) return result;
    this.#further ??= new NameIndex(this.#options.namedArtifacts?.() ?? []);
    return look(this.#further);
  }
}

function keyOf({ kind, name }: Pick<MissingArtifact, "kind" | "name">): string {
  return `${kind} ${name}`;
}

function oneMore(
  { requests, clients }: MissingArtifact,
  client: string,
): Pick<MissingArtifact, "requests" | "clients"> {
  return {
    requests: requests + 1,
    clients: clients.includes(client) ? clients : [...clients, client].slice(0, maxClientsPerName),
  };
}

function namedArtifactsOf(lock: Lock): NamedArtifact[] {
  return [
    ...lock.files.map(({ path, component }): NamedArtifact => ({ kind: "file", name: path, component })),
    ...lock.images.map(({ image, component }): NamedArtifact => ({ kind: "image", name: image, component })),
    ...lock.unavailable.map(
      ({ kind, locator, component }): NamedArtifact => ({
        kind,
        name: locator.replace(/^https?:\/\//, ""),
        component,
      }),
    ),
  ];
}

/** `HOST/REPOSITORY` and `:TAG` or `@DIGEST`. */
function splitImage(name: string): [repository: string, reference: string] {
  const [, repository = name, reference = ""] = /^(.*?)((?:@|:[^:/]*$).*)$/s.exec(name) ?? [];
  return [repository, reference];
}

/** As an address has it. Half a character of Unicode is none. */
function encoded(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

/** The one platform that a path names, in one of the usual words. */
function platformsIn(path: string): string[] | undefined {
  const amd64 = /(?:^|[^a-z0-9])(?:amd64|x86_64)(?:[^a-z0-9]|$)/i.test(path);
  const arm64 = /(?:^|[^a-z0-9])(?:arm64|aarch64)(?:[^a-z0-9]|$)/i.test(path);
  return amd64 === arm64 ? undefined : [amd64 ? "linux/amd64" : "linux/arm64"];
}

/** Does the name begin with a registry's host, by the rule of Docker's references? */
function hasHost(repository: string): boolean {
  const [first = "", ...rest] = repository.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
}
