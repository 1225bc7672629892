// Docker Hub's rate limit, from the headers of a response: `ratelimit-remaining: 76;w=21600`.

/** So many of `limit` manifests may still be fetched within `window` seconds. */
export interface RateLimit {
  readonly remaining: number;
  readonly limit?: number;
  readonly window?: number;
}

/** Reads the rate limit; undefined where the response names none. */
export function readRateLimit(headers: Headers): RateLimit | undefined {
  const [remaining, window] = parse(headers.get("ratelimit-remaining"));
  const [limit, limitWindow] = parse(headers.get("ratelimit-limit"));
  if (remaining === undefined) return undefined;
  const seconds = window ?? limitWindow;
  return { remaining, ...(limit !== undefined && { limit }), ...(seconds !== undefined && { window: seconds }) };
}

function parse(value: string | null): [count: number | undefined, window: number | undefined] {
  const [, count, window] = /^\s*(\d{1,9})\s*(?:;\s*w=(\d{1,9})\s*)?$/.exec(value ?? "") ?? [];
  return [count === undefined ? undefined : Number(count), window === undefined ? undefined : Number(window)];
}
