// kso's own binaries from the release of its version: the file of sums says which bytes are right, the store keeps them.
import type { Digest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { findPresent, type Transfer, type TransferContext, type TransferResult, transferAll } from "./transfer.ts";

/** Where the release of a version lies: the same folder below each URL, in order of preference. */
export interface OwnRelease {
  readonly version: string;
  /** The addresses of a release's folder, without a slash at the end. */
  readonly urls: readonly string[];
  /** Those whose file of sums is believed. */
  readonly sums: readonly string[];
}

/** The most bytes of a file of sums. */
const sumsLimit = 64 * 1024;
/** The most bytes of a binary. */
const binaryLimit = 2 ** 30;

/** What fetching a binary needs. */
export type OwnBinaryContext = Pick<TransferContext, "store" | "http" | "progress" | "signal">;

/**
 * Fetches a binary of a release into the store, unless it is there.
 * @returns its path in the store.
 * @throws KsoError `fetch` where no address has it, with the other ways to get it.
 */
export async function fetchOwnBinary(name: string, release: OwnRelease, context: OwnBinaryContext): Promise<string> {
  const { store } = context;
  try {
    const digest = await publishedDigest(name, release, context);
    const transfer = {
      label: name,
      key: `kso-${digest.slice(7)}`,
      size: undefined,
      expected: [digest],
      sources: release.urls.map((url) => ({ url: `${url}/${name}` })),
    };
    if (!findPresent(transfer, store)) {
      const result = await transferOne(transfer, context);
      if (!result.arrived) throw result.cause;
    }
    const [extent] = store.locate(digest) ?? [];
    if (!extent) throw new Error("the store lost it");
    return extent.path;
  } catch (cause) {
    if (context.signal?.aborted) throw cause;
    const ways = `put ${name} of version ${release.version} beside this kso, name its folder with --binaries DIR, or the releases' mirror with KSO_MIRROR`;
    throw new KsoError(
      "fetch",
      `--with-binaries needs ${name}, which is not beside this kso, and the release does not give it: ${messageOf(cause)}; ${ways}`,
      cause,
    );
  }
}

async function transferOne(transfer: Transfer, context: OwnBinaryContext): Promise<TransferResult> {
  let ended: TransferResult | undefined;
  const limits = { told: binaryLimit, untold: binaryLimit };
  await transferAll([transfer], { ...context, jobs: 1, limits }, async (_, result) => {
    ended = result;
  });
  if (!ended) throw new Error("it was not fetched");
  return ended;
}

/** The digest that the first address which answers has for a name. @throws HttpError where none answers. */
async function publishedDigest(name: string, { sums: urls }: OwnRelease, { http }: OwnBinaryContext): Promise<Digest> {
  let failure: unknown;
  for (const url of urls) {
    try {
      const response = await http.send({ url: `${url}/SHA256SUMS` });
      return digestIn(new TextDecoder().decode(await response.bytes(sumsLimit)), name, url);
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure;
}

function digestIn(sums: string, name: string, url: string): Digest {
  const line = sums.split("\n").find((each) => /^[0-9a-f]{64} [ *]/.test(each) && each.slice(66) === name);
  if (line === undefined) throw new KsoError("fetch", `${url}/SHA256SUMS has no line for ${name}`);
  return `sha256:${line.slice(0, 64)}`;
}
