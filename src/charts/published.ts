// The index of somebody's chart repository: which archive is a version of a chart. It may be anybody's, and large ones have 20 MB.
import { JSON_SCHEMA, load } from "js-yaml";
import { type Digest, parseDigest } from "../core/digest.ts";

/** A version of a chart as an index has it. */
export interface PublishedChart {
  /** Relative to the index, or whole. */
  readonly urls: readonly string[];
  /** Absent where the index has none. */
  readonly digest?: Digest;
}

/** Versions that a message names. */
const shownVersions = 5;

/**
 * Finds a version of a chart.
 * @throws Error saying what there is instead.
 */
export function findPublished(index: string, name: string, version: string): PublishedChart {
  const entries = field(parsed(index), "entries");
  if (typeof entries !== "object" || entries === null) throw new Error("it is no index of a chart repository");
  const versions = Object.hasOwn(entries, name) ? field(entries, name) : undefined;
  if (!Array.isArray(versions)) throw new Error(`it has no chart "${name}"`);
  const entry: unknown = versions.find((one) => field(one, "version") === version);
  if (entry === undefined) {
    const there = versions.map((one) => field(one, "version")).filter((one) => typeof one === "string");
    throw new Error(`it has no ${name} ${version}; there are ${there.slice(0, shownVersions).join(", ")}`);
  }
  const urls = field(entry, "urls");
  const texts = Array.isArray(urls) ? urls.filter((url): url is string => typeof url === "string" && url !== "") : [];
  if (texts.length === 0) throw new Error(`it has no URL of ${name} ${version}`);
  return { urls: texts, ...digestOf(field(entry, "digest")) };
}

function digestOf(text: unknown): Pick<PublishedChart, "digest"> {
  if (typeof text !== "string" || text === "") return {};
  const digest = parseDigest(text.includes(":") ? text : `sha256:${text}`);
  if (!digest?.startsWith("sha256:")) throw new Error("its digest of the chart is none");
  return { digest };
}

function parsed(index: string): unknown {
  try {
    return load(index, { schema: JSON_SCHEMA });
  } catch {
    throw new Error("it is not YAML");
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
