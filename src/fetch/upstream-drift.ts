// What upstream has by now beside what the lock keeps. In travels a lock's line, out travels at most a note: no answer is no
// news, and a host that does not answer is asked once and not again for each of its items.
import type { LockedImage } from "../core/lock.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import type { RepositoryReader } from "../oci/registry.ts";
import { sizeOf, type WantedFile } from "./files.ts";
import type { FetchOptions } from "./options.ts";

/** Asks; each question is one quick try. */
export interface News {
  /** Does the tag point to something else? That counts against no rate limit. */
  image(locked: LockedImage, probes: readonly RepositoryReader[]): Promise<void>;
  /** Has the file another length? Its bytes are not fetched for that. */
  file(wanted: WantedFile): Promise<void>;
}

export function openNews({ probe, progress, signal }: FetchOptions): News {
  const silent = new Set<string>();
  /** The first answer of any of them; "gone" where one says that it is not there, and none has it. */
  const first = async <T>(
    questions: readonly { host: string; ask: () => Promise<T | undefined> }[],
  ): Promise<T | "gone" | undefined> => {
    let gone = false;
    for (const { host, ask } of questions) {
      if (silent.has(host)) continue;
      try {
        const answer = await ask();
        if (answer !== undefined) return answer;
        gone = true;
      } catch (cause) {
        signal?.throwIfAborted();
        const status = cause instanceof HttpError ? cause.status : 0;
        if (status === undefined) silent.add(host);
        if (status === 404 || status === 410) gone = true;
      }
    }
    return gone ? "gone" : undefined;
  };
  return {
    async image({ image, root, resolved }, probes) {
      const { tag } = parseReference(image);
      const now = await first(
        probes.map((repository) => ({
          host: hostOf(repository.blob(root).url),
          ask: () => repository.head(tag, signal),
        })),
      );
      if (now === "gone") progress.note(`${image} is no longer there; the lock of ${resolved} keeps ${root.digest}`);
      else if (now && now.digest !== root.digest)
        progress.note(
          `${image} now is ${now.digest}; the lock of ${resolved} keeps ${root.digest} (--update takes the new one)`,
        );
    },
    async file({ artifact, locked, transfer }) {
      if (!locked) return;
      const now = await first(
        transfer.sources.map((source) => ({
          host: hostOf(source.url),
          // A server that tells no length has it all the same.
          ask: async () =>
            sizeOf(await probe.send({ ...source, method: "HEAD", ...(signal && { signal }) })) ?? locked.size,
        })),
      );
      if (now === "gone")
        progress.note(`${artifact.path} is no longer there; the lock of ${locked.resolved} keeps ${locked.digest}`);
      if (now === undefined || now === "gone" || now === locked.size) return;
      const advice = locked.published
        ? `what ${locked.published.source} publishes is the locked one`
        : "--update takes the new one";
      progress.note(
        `${artifact.path} now has ${now} bytes at upstream; the lock of ${locked.resolved} keeps ${locked.digest}, ${locked.size} bytes (${advice})`,
      );
    },
  };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
