// Which plugins the user lets a kso.yaml run where it is found: by the real path of the kso.yaml, with the digest of each plugin's file.
// A plugin that changes, or is new, asks again. Kept in one file of the user's own.
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, statSync } from "node:fs";
import { platform } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { type Digest, sha256Schema } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { replaceFile } from "../files/atomic.ts";
import { diskError } from "../files/disk.ts";
import { readBytes } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";

/** A kso.yaml, and the plugins that it names. */
export interface NamingFile {
  readonly path: string;
  readonly plugins: readonly string[];
}

/** A kso.yaml whose plugins are trusted. */
export interface TrustedFile {
  readonly path: string;
  /** Of each plugin's file, by its real path. */
  readonly digests: Readonly<Record<string, Digest>>;
}

/** More than a list of folders that people have ever said yes to. Bytes. */
const maxSize = 16 << 20;
const maxPlugin = 64 << 20;

const schema = v.strictObject({
  schema: v.literal("kso.trust/1"),
  files: v.record(v.string(), v.record(v.string(), sha256Schema)),
});

/** The files whose plugins a user trusts. */
export class TrustedFiles {
  readonly #path: string;
  readonly #files: Map<string, TrustedFile["digests"]>;

  /**
   * Reads the record in the user's configuration directory; none is there before the first is trusted.
   * @throws KsoError `usage` for one that is broken, or that others could have written.
   */
  constructor(directory: string) {
    this.#path = join(directory, "trusted.json");
    this.#files = new Map(Object.entries(statsAt(this.#path) ? read(this.#path) : {}));
  }

  /** All of them, sorted by path. */
  list(): readonly TrustedFile[] {
    return [...this.#files].map(([path, digests]) => ({ path, digests })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Trusts a file's plugins as they are now. @throws KsoError `usage` for one that everybody may write. */
  add(file: NamingFile): TrustedFile {
    const digests = digestsOf(file);
    const path = realpathSync(file.path);
    this.#files.set(path, digests);
    this.#write();
    return { path, digests };
  }

  /** Forgets a file, which need not be there any more. @returns whether it was trusted. */
  remove(path: string): boolean {
    const isKnown = this.#files.delete(path) || this.#files.delete(realPath(path));
    if (isKnown) this.#write();
    return isKnown;
  }

  /** Why a file's plugins are not trusted as they are now; undefined where they are. */
  faultOf(file: NamingFile): string | undefined {
    const known = this.#files.get(realPath(file.path));
    return known ? changeSince(known, file) : "nobody has trusted it";
  }

  #write(): void {
    const files = Object.fromEntries(this.list().map(({ path, digests }) => [path, digests]));
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      replaceFile(this.#path, `${JSON.stringify({ schema: "kso.trust/1", files }, null, 2)}\n`, 0o600);
    } catch (cause) {
      throw diskError(`Cannot write ${this.#path}`, cause, "XDG_CONFIG_HOME names another directory");
    }
  }
}

/** Names a plugin that is not as it was, or was not there; undefined where all are. */
function changeSince(known: TrustedFile["digests"], file: NamingFile): string | undefined {
  let now: TrustedFile["digests"];
  try {
    now = digestsOf(file);
  } catch (cause) {
    if (cause instanceof KsoError) return cause.message;
    throw cause;
  }
  // What is not named now does no harm.
  const changed = Object.keys(now).find((path) => known[path] !== now[path]);
  return changed && `${changed} ${known[changed] === undefined ? "is new" : "has changed"} since kso trust`;
}

function digestsOf({ plugins }: NamingFile): TrustedFile["digests"] {
  return Object.fromEntries(
    plugins.map((one): [string, Digest] => {
      const bytes = readBytes(one, "kso trust", maxPlugin);
      const real = realpathSync(one);
      assertClosed(real);
      return [real, `sha256:${createHash("sha256").update(bytes).digest("hex")}`];
    }),
  );
}

/** What everybody may write could be another file by the time it is used. */
function assertClosed(path: string): void {
  // Windows has access lists in place of a mode, which says nothing there.
  if (platform() === "win32") return;
  for (const place of [path, dirname(path)]) {
    const { mode } = statSync(place);
    // In a sticky directory (/tmp) only the owner replaces a file.
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0)
      throw new KsoError("usage", `Cannot trust ${path}: everybody may write ${place}; run chmod o-w ${place}`);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function read(path: string): v.InferOutput<typeof schema>["files"] {
  const text = new TextDecoder().decode(readBytes(path, "kso trust", maxSize, { secretFrom: "group and others" }));
  try {
    return v.parse(schema, JSON.parse(text)).files;
  } catch (cause) {
    throw new KsoError("usage", `Cannot use ${path}: ${messageOf(cause)}; remove it and say kso trust again`, cause);
  }
}
