// Results of a check of the endpoints.
import { KsoError } from "../core/errors.ts";
import { HttpError, reasonOf } from "../http/error.ts";

/** A file or an image that an endpoint does not have as the bundle has it. */
export interface MissingItem {
  /** The file's path or the image's full name, as in the bundle. */
  readonly item: string;
  readonly platform: string;
  /** Where it was looked for. */
  readonly url: string;
  readonly reason: string;
}

/** How many names were looked up, each once for each of its platforms, and what is missing. */
export interface EndpointCheckResult {
  readonly checked: number;
  readonly missing: readonly MissingItem[];
}

/** The result for an item: without a reason all platforms are there, with one none. */
export function resultFor(
  item: { readonly name: string; readonly platforms: readonly string[] },
  url: string,
  reason: string | undefined,
): EndpointCheckResult {
  const { name, platforms } = item;
  const missing = reason === undefined ? [] : platforms.map((platform) => ({ item: name, platform, url, reason }));
  return { checked: platforms.length, missing };
}

/** The reason that `check` returns, or that of a KsoError that it throws. @throws other errors, and an interruption. */
export async function reasonFrom(check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check();
  } catch (cause) {
    if (cause instanceof HttpError) return reasonOf(cause);
    if (cause instanceof KsoError && cause.code !== "interrupted") return cause.message;
    throw cause;
  }
}
