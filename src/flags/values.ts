// From the option-arguments of a flag to its value. What needs a module of some size loads it when the flag is there.
import { type Digest, parseDigest } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import { parsePlatform, platforms } from "../core/platform.ts";
import { didYouMean } from "../core/suggest.ts";
import { assertApart, failuresBeside, type NamedPath } from "../files/apart.ts";
import { parseMirrors } from "../plan/mirrors.ts";
import { type Flag, type FlagKey, type FlagValues, flags } from "./table.ts";

/** Takes every option-argument of a flag, at least one; returns its value. */
type Reader<T> = (texts: readonly string[], flag: Flag) => T | Promise<T>;

const readers: { readonly [Type in keyof FlagValues]: Reader<FlagValues[Type]> } = {
  switch: () => true,
  text: (texts, flag) => checkedChoice(last(texts), flag),
  versions: splitList,
  texts: (texts) => texts,
  list: (texts, flag) => splitList(texts, flag).map((text) => checkedChoice(text, flag)),
  count: (texts, { name }) => parseWhole(last(texts), 1, 256, `--${name} wants a number from 1 to 256`),
  seconds: (texts, { name }) => parseWhole(last(texts), 0, 99_999, `--${name} wants a number of seconds`),
  bytes: (texts, { name }) => parseBytes(last(texts), name),
  platforms(texts, flag) {
    const listed = splitList(texts, flag).map(parsePlatform);
    return platforms.filter((platform) => listed.includes(platform));
  },
  mirrors: parseMirrors,
  digests: parseDigests,
  naming: async (texts) => (await import("../endpoints/endpoints.ts")).parseEndpointNaming(last(texts)),
  pushRegistry: async (texts) => (await import("../push/address.ts")).parsePushRegistry(last(texts)),
  filesAddress: async (texts) => (await import("../push/address.ts")).parseFilesAddress(last(texts)),
  address: async (texts, { name }) =>
    (await import("../serve/listen-address.ts")).parseListenAddress(last(texts), name),
};

/** The value of an option whose flag was not typed and has no default, by the flag's type. */
const absentValues: Partial<Record<keyof FlagValues, unknown>> = {
  switch: false,
  texts: [],
  mirrors: new Map(),
  digests: new Map(),
};

/**
 * The value of a flag, by its option-arguments; undefined: it was not typed.
 * @throws KsoError `usage` for an invalid value.
 */
export async function readValue(flag: Flag, texts: readonly string[] | undefined): Promise<unknown> {
  if (texts !== undefined) return await readers[flag.type](texts, flag);
  return flag.default ?? absentValues[flag.type];
}

function last(texts: readonly string[]): string {
  return texts.at(-1) ?? "";
}

function splitList(texts: readonly string[], { name }: Flag): readonly string[] {
  const items = texts
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
  if (items.length === 0) throw new KsoError("usage", `--${name} wants a value`);
  return items;
}

function checkedChoice(text: string, { name, choices }: Flag): string {
  if (!choices || choices.includes(text)) return text;
  const list = choices.length === 2 ? choices.join(" or ") : choices.join(", ");
  throw new KsoError("usage", `--${name} is ${list}, not "${text}"${didYouMean(text, choices)}`);
}

function parseWhole(text: string, from: number, to: number, message: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= from && number <= to) return number;
  throw new KsoError("usage", `${message}, not "${text}"`);
}

/** K, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024. */
function parseBytes(text: string, name: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kKMGT]?i?)[bB]?$/.exec(text) ?? [];
  const power = "kmgt".indexOf(unit.charAt(0).toLowerCase() || "-") + 1;
  const value = Math.floor(Number(number) * (unit.endsWith("i") ? 1024 : 1000) ** power);
  if (!Number.isSafeInteger(value) || unit === "i")
    throw new KsoError("usage", `--${name} wants a size such as 4.7G, 700M or 1GiB, not "${text}"`);
  return value;
}

function parseDigests(texts: readonly string[]): ReadonlyMap<string, readonly Digest[]> {
  const accepted = new Map<string, Digest[]>();
  for (const text of texts) {
    const at = text.lastIndexOf("=");
    const digest = parseDigest(text.slice(at + 1));
    if (at < 1 || !digest?.startsWith("sha256:"))
      throw new KsoError(
        "usage",
        `"${text}" is not NAME=DIGEST; write --accept-digest youki=sha256: and 64 hex digits`,
      );
    const name = text.slice(0, at);
    accepted.set(name, [...(accepted.get(name) ?? []), digest]);
  }
  return accepted;
}

/** What stands before a path, and the path, by the part of a value that is one. */
export const pathParts: Readonly<Record<NonNullable<Flag["pathPart"]> | "all", RegExp>> = {
  all: /^()(.*)$/s,
  "no list": /^()([^,]*)$/s,
  "no release": /^()((?!release$).*)$/s,
  "behind @": /^(@)(.*)$/s,
  "behind a label": /^([^@]*@)?(.*)$/s,
};

/** What a command line names beside its flags. */
interface FurtherPaths {
  /** Bundles that stand as words. */
  readonly bundles?: readonly string[];
  /** The names that are written to in an output that is a directory. */
  readonly owns?: RegExp | undefined;
}

/** A path, the flag that names it, and what is done with it. */
interface AccessedPath extends NamedPath {
  readonly key?: FlagKey;
  readonly access: NonNullable<Flag["access"]>;
}

/**
 * Checks, by the table of flags, that nothing which is written is also something else that the command line names.
 * @throws KsoError `usage` naming both.
 */
export function assertOutputsApart(
  keys: readonly FlagKey[],
  options: Readonly<Record<string, unknown>>,
  { bundles = [], owns }: FurtherPaths = {},
): void {
  const paths = keys.flatMap((key) => accessedPaths(key, options[key]));
  const all: AccessedPath[] = [
    ...paths,
    ...bundles.map((path) => ({ flag: "the bundle", path, access: "read tree" }) as const),
  ];
  for (const output of paths.filter(({ access }) => !access.startsWith("read")))
    for (const input of all) {
      if (input === output || isBroughtUpToDate(output, input)) continue;
      const isTree = input.access === "keep tree" || (input.access === "read tree" && output.access === "write");
      const isKept = input.access === "keep tree";
      assertApart({ ...output, ...(owns && output.access === "write" && { owns }) }, { ...input, isTree, isKept });
    }
}

/** The folder of manifests that is read and written is one, and so may be the lock: what a delta is made over is the lock of before. */
function isBroughtUpToDate(output: AccessedPath, input: AccessedPath): boolean {
  return inPlace.has(`${output.key} ${input.key}`);
}

const inPlace: ReadonlySet<string> = new Set(["outputFolder manifests", "lock base"]);

function accessedPaths(key: FlagKey, value: unknown): AccessedPath[] {
  const { name, access, pathPart = "all" } = flags[key];
  if (access === undefined || value === undefined) return [];
  const texts: readonly string[] = Array.isArray(value) ? value : [String(value)];
  const paths = texts.flatMap((text) => pathParts[pathPart].exec(text)?.[2] || []);
  const named = paths.map((path): AccessedPath => ({ key, flag: `--${name}`, path, access }));
  // What could not be fetched is written beside the lock.
  const beside = key === "lock" ? paths.map(failuresBeside) : [];
  return [...named, ...beside.map((path): AccessedPath => ({ key, flag: "beside --lock", path, access }))];
}
