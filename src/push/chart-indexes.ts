// Puts index.yaml beside the charts, so that Helm takes their folder for a chart repository. One that is there keeps what else it lists.
import { formatIndex, mergeIndex } from "../charts/index-file.ts";
import { type ChartRepository, chartRepositories } from "../charts/repository.ts";
import { KsoError } from "../core/errors.ts";
import type { FileTarget } from "./file-target.ts";
import type { PushContext, PushFailure } from "./options.ts";
import { pushFailure } from "./remedy.ts";

/** Writes each index that changes. @returns those that could not be written. */
export async function pushChartIndexes({
  lock,
  source,
  target,
  signal,
}: Pick<PushContext, "lock" | "source" | "signal"> & { readonly target: FileTarget }): Promise<PushFailure[]> {
  const failed: PushFailure[] = [];
  for (const repository of await chartRepositories(lock.files, source)) {
    await writeIndex(repository, target).catch((cause: unknown) => {
      signal.throwIfAborted();
      failed.push(pushFailure(repository.path, target.urlOf(repository.path), cause));
    });
  }
  return failed;
}

/** @throws KsoError `usage` where another file has its name. */
async function writeIndex(repository: ChartRepository, target: FileTarget): Promise<void> {
  const { path } = repository;
  const existing = await target.read(path);
  const text = existing === undefined ? formatIndex(repository) : mergeIndex(existing, repository);
  if (text === undefined)
    throw new KsoError("usage", "what is there is no index of a chart repository; move it away and push again");
  if (text !== existing) await target.write(path, text);
}
