// Lists in pages: `n` names after `last`, and the way to the next page in a Link header.
import { registryError, registryJson } from "./errors.ts";

/** Answers with a page of `names`, which are sorted; `bodyOf` puts a page into the response's shape. */
export function paginated(
  path: string,
  query: URLSearchParams,
  names: readonly string[],
  bodyOf: (page: readonly string[]) => object,
): Response {
  const n = query.get("n");
  if (n !== null && !/^\d{1,9}$/.test(n))
    return registryError("PAGINATION_NUMBER_INVALID", "n must be a number and not negative", { n });
  const last = query.get("last");
  const rest = last === null || last === "" ? names : names.filter((name) => name > last);
  const page = n === null ? rest : rest.slice(0, Number(n));
  const end = page.at(-1);
  if (n === null || end === undefined || page.length === rest.length) return registryJson(bodyOf(page));
  const next = new URLSearchParams({ n, last: end });
  const namespace = query.get("ns");
  if (namespace !== null) next.set("ns", namespace);
  return registryJson(bodyOf(page), { link: `<${path}?${next}>; rel="next"` });
}
