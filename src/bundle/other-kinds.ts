// What something is that is no bundle, for the message to whoever named it as one.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../core/errors.ts";

const explanation =
  "a bundle is what kso export --format tarball writes: a tar, its volumes, or the folder into which it was unpacked";

/** Why something else was taken for a bundle: there is nothing in it that could be verified. */
export function noBundle(path: string, kind: string, advice: string = explanation): KsoError {
  return new KsoError("verify", `Cannot read ${path}: it is no bundle but ${kind}; ${advice}`, undefined, { kind });
}

/** Whether an error is one of {@link noBundle}. */
export function isNoBundle(error: KsoError): boolean {
  return error.details["kind"] !== undefined;
}

/** Formats by their first bytes, and the program that unpacks what is compressed. */
const magics: readonly (readonly [kind: string, magic: readonly number[], program?: string])[] = [
  ["a gzip file", [0x1f, 0x8b], "gunzip"],
  ["a zstd file", [0x28, 0xb5, 0x2f, 0xfd], "zstd -d"],
  ["an xz file", [0xfd, 0x37, 0x7a, 0x58, 0x5a], "unxz"],
  ["a bzip2 file", [0x42, 0x5a, 0x68], "bunzip2"],
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04]],
  ["a 7z archive", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["a program", [0x7f, 0x45, 0x4c, 0x46]],
  ["a PDF document", [0x25, 0x50, 0x44, 0x46]],
];

/** What a file is, by its first bytes, where it is surely no tar archive; undefined where nobody knows. */
export function otherFile(path: string, head: Uint8Array): KsoError | undefined {
  if (head.length === 0) return noBundle(path, "an empty file");
  const known = magics.find(([, magic]) => magic.every((byte, at) => head[at] === byte));
  if (known) {
    const [kind, , program] = known;
    return noBundle(path, kind, program && `where a bundle is in it, run ${program} on it first`);
  }
  // A damaged archive has zero bytes, or bytes that are no text.
  const text = textOf(head);
  return text === undefined ? undefined : noBundle(path, textKind(text));
}

function textOf(head: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(head);
  // An archive that is cut off in its first name has no line; the last character may be cut in half.
  return !text.includes("\n") || /[^\P{Cc}\t\n\r\f]|\ufffd(?!$)/u.test(text) ? undefined : text;
}

function textKind(text: string): string {
  if (/^\s*\{\s*"schema":\s*"kso\.lock\//.test(text)) return "a lock of kso";
  if (/^\s*\{\s*"schema":\s*"kso\.plan\//.test(text)) return "a plan of kso";
  if (/^https?:\/\/\S+\r?\n/.test(text)) return "a list of URLs";
  if (/^[\w.-]+(?::\d+)?(?:\/[\w.-]+)+:[\w.-]+\r?\n/.test(text)) return "a list of images";
  return "a text file";
}

/** What a tar archive without kso's files is; undefined where some of them are there, and it is a damaged bundle. */
export function otherArchive(path: string, names: Iterable<string>): KsoError | undefined {
  const top = new Set<string>();
  for (const name of names) top.add(name.split("/", 1)[0] as string);
  if (top.has("kso")) return undefined;
  if (top.has("oci-layout")) return noBundle(path, "an OCI image layout without kso/lock.json");
  if (top.has("manifest.json")) return noBundle(path, "an archive of docker save");
  return noBundle(path, top.size === 0 ? "an empty tar archive" : "another tar archive");
}

/** Names by which a folder is known, and what it is. */
const folders: readonly (readonly [name: string, kind: string])[] = [
  ["oci-layout", "an OCI image layout without kso/lock.json"],
  ["Dockerfile.images", "what --format dockerfile wrote"],
  ["images.list", "what --format list wrote"],
  ["docker/registry/v2", "the storage of a registry"],
  ["blobs/sha256", "a store of kso"],
];

/** What a folder without kso's files is; undefined where some of them are there. */
export function otherFolder(path: string): KsoError | undefined {
  if (existsSync(join(path, "kso"))) return undefined;
  const known = folders.find(([name]) => existsSync(join(path, name)));
  return noBundle(path, known?.[1] ?? (readdirSync(path).length === 0 ? "an empty folder" : "another folder"));
}
