// Checks that everything of a bundle is at the endpoints, under the names in the configuration. Names, sizes and digests are
// compared; no file and no layer is downloaded.
import { chartsMissing } from "../charts/index-file.ts";
import type { ChartRepository } from "../charts/repository.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock, LockedFile } from "../core/lock.ts";
import { HttpError, reasonOf, withTlsAdvice } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { ImageCheck, type ImageCheckContext, type NameForm } from "./check-image.ts";
import { type EndpointCheckResult, reasonFrom, resultFor } from "./check-result.ts";
import { fileAt, registryUrl } from "./endpoints.ts";

/** The bundle and the endpoints to compare, and how images are requested. */
export interface EndpointCheckOptions extends ImageCheckContext {
  readonly forms: readonly NameForm[];
  readonly charts: readonly ChartRepository[];
}

/**
 * Looks up each file and each image of the lock.
 * @throws KsoError `remote` when an endpoint cannot be reached at all.
 */
export async function checkEndpoints(options: EndpointCheckOptions): Promise<EndpointCheckResult> {
  const { lock, endpoints, http, forms, charts } = options;
  const { files } = endpoints;
  const images = new ImageCheck(options);
  await assertReachable(`${registryUrl(endpoints.registry)}/v2/`, "registry", () => images.ping());
  if (files !== undefined)
    await assertReachable(`${files}/`, "file server", async () => {
      const response = await http.send({ url: `${files}/` }).catch((cause: unknown) => {
        throw cause instanceof HttpError ? withTlsAdvice(cause) : cause;
      });
      await response.cancel();
    });
  const results = await Promise.all([
    ...(files === undefined ? [] : lock.files.map((file) => checkFile(http, files, file))),
    ...(files === undefined ? [] : charts.map((repository) => checkChartIndex({ http, files, lock }, repository))),
    ...lock.images.flatMap((image) =>
      // The names of blobs do not depend on the form.
      forms.map((form, index) => images.check(image, { form, blobs: index === 0 })),
    ),
  ]);
  return {
    checked: results.reduce((sum, { checked }) => sum + checked, 0),
    missing: results.flatMap(({ missing }) => missing),
  };
}

async function assertReachable(url: string, what: string, request: () => Promise<void>): Promise<void> {
  try {
    await request();
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause;
    // Any response shows that it can be reached, but for what servers with TLS say to plain HTTP.
    if (cause.status !== undefined && (cause.status !== 400 || url.startsWith("https:"))) return;
    throw new KsoError("remote", `Cannot reach the ${what} at ${url}: ${reasonOf(cause)}`, cause);
  }
}

/** The longest index that is read. Bytes. */
const indexLimit = 64 << 20;

/** An index may list more than the bundle has: a site may keep charts of its own there. */
async function checkChartIndex(
  { http, files, lock }: { readonly http: Http; readonly files: string; readonly lock: Lock },
  repository: ChartRepository,
): Promise<EndpointCheckResult> {
  const url = `${files}/${repository.path}`;
  const reason = await reasonFrom(async () => {
    const response = await http.send({ url });
    const missing = chartsMissing(new TextDecoder().decode(await response.bytes(indexLimit)), repository);
    if (!missing) return "it is no index of a chart repository";
    return missing.length === 0 ? undefined : `it does not list ${missing.join(", ")}`;
  });
  return resultFor({ name: repository.path, platforms: lock.platforms }, url, reason);
}

/** Statuses of servers that take GET only. */
const headRefused = [405, 501];

async function checkFile(http: Http, files: string, file: LockedFile): Promise<EndpointCheckResult> {
  const { path, size, platforms } = file;
  const url = fileAt(files, file.url);
  const reason = await reasonFrom(async () => {
    const head = await http.send({ url, method: "HEAD" }, headRefused);
    const response = headRefused.includes(head.status) ? await http.send({ url }) : head;
    await response.cancel();
    const length = response.headers.get("content-length");
    return length === null || Number(length) === size ? undefined : `it has ${length} bytes, and ${size} in the bundle`;
  });
  return resultFor({ name: path, platforms }, url, reason);
}
