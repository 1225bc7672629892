// Puts index.yaml beside the charts, so that Helm takes their folder for a chart repository. One that is there keeps what else it lists.
import { formatIndex, mergeIndex } from "../charts/index-file.ts";
import { type ChartRepository, chartRepositories } from "../charts/repository.ts";
import type { FileTarget } from "./file-target.ts";
import type { PushContext, PushFailure } from "./options.ts";
import { pushReason } from "./reason.ts";

/** Writes each index that changes. @returns those that could not be written. */
export async function pushChartIndexes({
  lock,
  source,
  target,
  signal,
}: Pick<PushContext, "lock" | "source" | "signal"> & { readonly target: FileTarget }): Promise<PushFailure[]> {
  const failed: PushFailure[] = [];
  for (const repository of await chartRepositories(lock.files, source)) {
    const cause = await writeIndex(repository, target).catch((thrown: unknown) => {
      signal.throwIfAborted();
      return pushReason(thrown);
    });
    if (cause !== undefined) failed.push({ item: repository.path, target: target.urlOf(repository.path), cause });
  }
  return failed;
}

/** @returns why it was not written. */
async function writeIndex(repository: ChartRepository, target: FileTarget): Promise<string | undefined> {
  const { path } = repository;
  const existing = await target.read(path);
  const text = existing === undefined ? formatIndex(repository) : mergeIndex(existing, repository);
  if (text === undefined) return "what is there is no index of a chart repository; move it away and push again";
  if (text !== existing) await target.write(path, text);
  return undefined;
}
