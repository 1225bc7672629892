// From the words of a flag to its value. What needs a module of some size loads it when the flag is there.
import { type Digest, parseDigest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { parsePlatform, platforms } from "../../core/platform.ts";
import { didYouMean } from "../../core/suggest.ts";
import { parseMirrors } from "../../plan/mirrors.ts";
import type { Address } from "../serving.ts";
import type { Flag, Values } from "./flag.ts";

/** Takes every word that was given for a flag, at least one; returns its value. */
type Reader<T> = (words: readonly string[], flag: Flag) => T | Promise<T>;

const readers: { readonly [Type in keyof Values]: Reader<Values[Type]> } = {
  switch: () => true,
  text: (words, flag) => chosen(last(words), flag),
  version: last,
  texts: (words) => words,
  list: (words, flag) => split(words, flag).map((word) => chosen(word, flag)),
  count: (words, { name }) => whole(last(words), 1, 256, `--${name} wants a number from 1 to 256`),
  seconds: (words, { name }) => whole(last(words), 0, 99_999, `--${name} wants a number of seconds`),
  bytes: (words, { name }) => bytes(last(words), name),
  platforms(words, flag) {
    const listed = split(words, flag).map(parsePlatform);
    return platforms.filter((platform) => listed.includes(platform));
  },
  mirrors: parseMirrors,
  digests,
  naming: async (words) => (await import("../../endpoints/endpoints.ts")).parseNaming(last(words)),
  address: (words, { name }) => address(last(words), name),
};

/** What an option is where its flag was not given and has no default. */
const absent: Partial<Record<keyof Values, unknown>> = {
  switch: false,
  texts: [],
  mirrors: new Map(),
  digests: new Map(),
};

/**
 * The value of a flag by its words, none where it was not given.
 * @throws KsoError `usage` for words that are no such value.
 */
export async function readValue(flag: Flag, words: readonly string[] | undefined): Promise<unknown> {
  if (words !== undefined) return await readers[flag.type](words, flag);
  return flag.default ?? absent[flag.type];
}

function last(words: readonly string[]): string {
  return words.at(-1) ?? "";
}

function split(words: readonly string[], { name }: Flag): readonly string[] {
  const items = words
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter(Boolean);
  if (items.length === 0) throw new KsoError("usage", `--${name} wants a value`);
  return items;
}

function chosen(word: string, { name, choices }: Flag): string {
  if (!choices || choices.includes(word)) return word;
  const all = choices.length === 2 ? choices.join(" or ") : choices.join(", ");
  throw new KsoError("usage", `--${name} is ${all}, not "${word}"${didYouMean(word, choices)}`);
}

function whole(text: string, from: number, to: number, message: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= from && number <= to) return number;
  throw new KsoError("usage", `${message}, not "${text}"`);
}

/** K, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024. */
function bytes(text: string, name: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kKMGT]?i?)[bB]?$/.exec(text) ?? [];
  const power = "kmgt".indexOf(unit.charAt(0).toLowerCase() || "-") + 1;
  const value = Math.floor(Number(number) * (unit.endsWith("i") ? 1024 : 1000) ** power);
  if (!Number.isSafeInteger(value) || unit === "i")
    throw new KsoError("usage", `--${name} wants a size such as 4.7G, 700M or 1GiB, not "${text}"`);
  return value;
}

function digests(words: readonly string[]): ReadonlyMap<string, readonly Digest[]> {
  const accepted = new Map<string, Digest[]>();
  for (const text of words) {
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

/** `:8080`, `8080`, `10.0.0.5:8080`, `[::1]:8080`. */
function address(text: string, name: string): Address | "off" {
  if (text === "off") return text;
  const [, host = "", port = ""] = /^(?:(\[[0-9A-Fa-f:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new KsoError("usage", `--${name} wants an address like :8080, 10.0.0.5:8080 or [::1]:8080, not "${text}"`);
  return { port: Number(port), ...(host !== "" && { host: host.replace(/^\[|\]$/g, "") }) };
}
