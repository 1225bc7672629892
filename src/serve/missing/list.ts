// Requests for what the bundle lacks travel in, a wish list travels out. Anybody who can reach the server can write here, so the
// list has an end, and names are kept only as what they are.

import { type MissingArtifact, type MissingList, nameFault } from "../../core/extra-artifacts.ts";
import type { Lock } from "../../core/lock.ts";
import { parseReference } from "../../core/reference.ts";
import type { MissingRequest } from "../handler.ts";

/** What belongs to which component: `dl.k8s.io/…`, `registry.k8s.io/pause:3.10`. */
export interface NamedArtifact {
  readonly kind: "file" | "image";
  readonly name: string;
  readonly component: string;
}

export interface MissingRequests {
  add(miss: MissingRequest): void;
  list(): MissingList;
  /** Requests, and names among them. */
  readonly counts: { readonly requests: number; readonly names: number };
}

export interface MissingRequestsOptions {
  readonly bundles: MissingList["bundles"];
  readonly locks: readonly Lock[];
  /** Further names whose component is known; asked for once, at the first miss that the lock does not explain. */
  readonly namedArtifacts?: () => Iterable<NamedArtifact>;
  /** What an earlier run wrote down. */
  readonly earlier?: MissingList | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Told at each miss. */
  readonly onChange?: () => void;
}

/** Names that are kept, and clients for each. */
const most = { names: 10_000, clients: 8 } as const;
/** A longer name is no name. Characters. */
const longest = 1024;

export function startMisses(options: MissingRequestsOptions): MissingRequests {
  const { bundles, locks, earlier, now = Date.now } = options;
  const wishes = new Map<string, MissingArtifact>(
    earlier?.artifacts.map((wish) => [`${wish.kind} ${wish.name}`, wish]),
  );
  let dropped = earlier?.dropped ?? 0;
  let requests = 0;
  const held = book(
    locks.flatMap((lock) => [
      ...lock.files.map(({ path, component }): NamedArtifact => ({ kind: "file", name: path, component })),
      ...lock.images.map(({ image, component }): NamedArtifact => ({ kind: "image", name: image, component })),
      ...lock.unavailable.map(
        ({ kind, locator, component }): NamedArtifact => ({
          kind,
          name: locator.replace(/^https?:\/\//, ""),
          component,
        }),
      ),
    ]),
  );
  let further: Book | undefined;
  const lookUp = <T>(look: (book: Book) => T | undefined): T | undefined => {
    const found = look(held);
    if (found !== undefined) return found;
    further ??= book(options.namedArtifacts?.() ?? []);
    return look(further);
  };

  const note = (
    kind: MissingArtifact["kind"],
    name: string,
    client: string,
    make: () => Partial<MissingArtifact>,
  ): void => {
    requests++;
    const key = `${kind} ${name}`;
    const there = wishes.get(key);
    const at = new Date(now()).toISOString();
    if (there) {
      const clients = there.clients.includes(client)
        ? there.clients
        : [...there.clients, client].slice(0, most.clients);
      wishes.set(key, { ...there, requests: there.requests + 1, last: at, clients });
    } else if (wishes.size >= most.names || name.length > longest) dropped++;
    else {
      const complete = nameFault(kind, name) === undefined;
      wishes.set(key, { kind, name, complete, ...make(), requests: 1, first: at, last: at, clients: [client] });
    }
    options.onChange?.();
  };

  return {
    add({ kind, name: given, client }) {
      if (kind === "file") {
        // Names come decoded; a wish is an address.
        const path = encoded(given);
        note("file", path, client, () => {
          const component = lookUp(({ files }) => files.get(shapeOf(path)));
          const platforms = platformsIn(path);
          return { ...(component !== undefined && { component }), ...(platforms && { platforms }) };
        });
        return;
      }
      // Whatever would end a line or steer a terminal is no part of a name.
      const name = given.replace(/[\s\p{C}]/gu, "?");
      const [, repository = name, reference = ""] = /^(.*?)((?:@|:[^:/]*$).*)$/s.exec(name) ?? [];
      const bare = repository
        .replace(/^(?:registry-1|index)\.docker\.io\//, "docker.io/")
        // As Docker names what has no organization.
        .replace(/^docker\.io\/(?=[^/]+$)/, "docker.io/library/");
      // Where the name alone does not say from which registry, the only one that has such a repository is meant.
      const named = hasHost(bare) ? bare : (lookUp(({ stripped }) => stripped.get(bare)) ?? bare);
      note(kind, `${named}${reference}`, client, () => {
        const component = lookUp(({ images }) => images.get(named));
        return component === undefined ? {} : { component };
      });
    },
    list: () => ({
      schema: "kso.extra/1",
      bundles,
      dropped,
      artifacts: [...wishes.values()].sort((a, b) =>
        a.last > b.last ? -1 : a.last < b.last ? 1 : a.name < b.name ? -1 : 1,
      ),
    }),
    get counts() {
      return { requests, names: wishes.size };
    },
  };
}

/** Names to look components up by. Where two registries have a repository of one name, none of them is meant. */
interface Book {
  /** The shape of a path → component. */
  readonly files: ReadonlyMap<string, string>;
  /** Host and repository → component. */
  readonly images: ReadonlyMap<string, string>;
  /** Repository alone → host and repository. */
  readonly stripped: ReadonlyMap<string, string>;
}

function book(owned: Iterable<NamedArtifact>): Book {
  const files = new Map<string, string>();
  const images = new Map<string, string>();
  const stripped = new Map<string, string>();
  const shared = new Set<string>();
  for (const { kind, name, component } of owned) {
    if (kind === "file") files.set(shapeOf(name), component);
    else {
      const { host, repository } = parseReference(name);
      images.set(`${host}/${repository}`, component);
      const full = `${host}/${repository}`;
      if ((stripped.get(repository) ?? full) === full) stripped.set(repository, full);
      else shared.add(repository);
    }
  }
  for (const repository of shared) stripped.delete(repository);
  return { files, images, stripped };
}

/** As an address has it. Half a character of Unicode is none. */
function encoded(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}

/** A path without what differs from version to version and from architecture to architecture. */
function shapeOf(path: string): string {
  return path
    .replace(/amd64|arm64|x86_64|aarch64|arm64v8/g, "A")
    .replace(/[-._](?:alpha|beta|rc)[-._]?\d*/g, "")
    .replace(/\d+/g, "0")
    .replace(/0(?:\.0)+/g, "0");
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
