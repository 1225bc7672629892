// Requests for what the bundles lack, gathered into a list that the connected side can fetch. Anybody who can reach the server can
// add to the list, so its length is limited and names are cleaned.
import { canonicalName } from "../../core/docker-hub.ts";
import { artifactFault, isChartIndex, type MissingArtifact, type MissingList } from "../../core/extra-artifacts.ts";
import type { Lock } from "../../core/lock.ts";
import { isFullReference } from "../../core/reference.ts";
import type { MissingRequest } from "../handler.ts";
import { type NamedArtifact, NameIndex } from "./name-index.ts";

/** What gathering missing requests needs. */
export interface MissingRequestsOptions {
  readonly bundles: MissingList["bundles"];
  readonly locks: readonly Lock[];
  /** Further names whose component is known; called once, at the first request that the locks do not explain. */
  readonly namedArtifacts?: () => Iterable<NamedArtifact>;
  /** The list of an earlier run. */
  readonly earlier?: MissingList | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Called at each request. */
  readonly onChange?: () => void;
}

const maxNames = 10_000;
const maxClientsPerName = 8;
/** A longer name is not listed. Characters. */
const maxNameLength = 1024;

/** What is known about a name beside its requests. */
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

  /** Counts a request, and lists the name that it is for. */
  add({ kind, name, client }: MissingRequest): void {
    this.#requests++;
    // Names of files come decoded; the list has them as URLs do.
    const fullName = kind === "file" ? encodePath(name) : this.#fullImageName(name);
    const key = keyOf({ kind, name: fullName });
    const existing = this.#artifacts.get(key);
    const time = new Date((this.#options.now ?? Date.now)()).toISOString();
    if (existing) this.#artifacts.set(key, { ...existing, ...withRequest(existing, client), last: time });
    else if (this.#artifacts.size >= maxNames || fullName.length > maxNameLength) this.#dropped++;
    else {
      const { component, platforms } = this.#describe(kind, fullName);
      this.#artifacts.set(key, {
        kind,
        name: fullName,
        complete: artifactFault(kind, fullName) === undefined && !(kind === "file" && isChartIndex(fullName)),
        ...(component !== undefined && { component }),
        ...(platforms && { platforms }),
        requests: 1,
        first: time,
        last: time,
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
      artifacts: [...this.#artifacts.values()].sort(compareLatestFirst),
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

  /** An image's name with its registry's host; where it has none, that of the only registry with such a repository. */
  #fullImageName(name: string): string {
    // White space and control characters are never a part of a name.
    const [repository, reference] = splitImage(name.replace(/[\s\p{C}]/gu, "?"));
    const bare = canonicalName(repository);
    const fullName = hasHost(bare) ? bare : (this.#lookUp((index) => index.fullNameOf(bare)) ?? bare);
    return `${fullName}${reference}`;
  }

  #lookUp<T>(find: (index: NameIndex) => T | undefined): T | undefined {
    const result = find(this.#locked);
    if (result !== undefined) return result;
    this.#further ??= new NameIndex(this.#options.namedArtifacts?.() ?? []);
    return find(this.#further);
  }
}

/** The latest request first; those of one moment by name. */
function compareLatestFirst(a: MissingArtifact, b: MissingArtifact): number {
  if (a.last !== b.last) return a.last > b.last ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

function keyOf({ kind, name }: Pick<MissingArtifact, "kind" | "name">): string {
  return `${kind} ${name}`;
}

function withRequest(
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
    ...lock.unavailable.flatMap(({ kind, locator, component }): NamedArtifact[] => {
      const name = locator.replace(/^https?:\/\//, "");
      // A record of what there is not: its locator may be any text.
      return kind === "file" || isFullReference(name) ? [{ kind, name, component }] : [];
    }),
  ];
}

/** `HOST/REPOSITORY` and `:TAG` or `@DIGEST`. */
function splitImage(name: string): [repository: string, reference: string] {
  const [, repository = name, reference = ""] = /^(.*?)((?:@|:[^:/]*$).*)$/s.exec(name) ?? [];
  return [repository, reference];
}

/** A path as a URL has it, percent-encoded. A lone surrogate cannot be encoded and is replaced. */
function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

/** The platform that a path names by `amd64`, `x86_64`, `arm64` or `aarch64`; undefined for none and for both. */
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
