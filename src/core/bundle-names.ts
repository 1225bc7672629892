// The one rule for names inside the air gap, whatever the format: which a file may have, and which cannot stand beside each other.
import { nameFault } from "./entry-name.ts";
import { KsoError } from "./errors.ts";
import { parentsOf } from "./parents.ts";
import type { Plan } from "./plan.ts";
import { printable, quotedName } from "./quote.ts";
import { namesInside, parseReference } from "./reference.ts";

/** Object storage takes names of 1024 bytes, with a prefix of the site's in front. */
const maxPathBytes = 960;
/** Printable ASCII without quotes and the backslash, which have a meaning inside a word to a shell, xargs and a list. */
const word = /^[!#-&(-[\]-_a-~]+$/;

/** A file as every format names it: `<origin host>/<path>`. */
interface PlannedFileName {
  readonly path: string;
  /** Where it comes from: what is asked for there once for each architecture is one file. */
  readonly url?: string | undefined;
  /** Absent where it is not known. */
  readonly digest?: string | undefined;
}

/** An image as every format names it: `HOST/REPOSITORY:TAG`. */
interface PlannedImageName {
  readonly image: string;
  /** That of its root; absent where it is not known yet. */
  readonly digest?: string | undefined;
}

/** Checks that every format can hold what is planned. @throws KsoError `unresolvable` naming the one or the two that it cannot. */
export function assertPlanNames({ artifacts }: Pick<Plan, "artifacts">): void {
  const files = artifacts.filter((artifact) => artifact.kind === "file");
  const images = artifacts.filter((artifact) => artifact.kind === "image");
  const fault = namesFault(files, images);
  if (fault !== undefined) throw new KsoError("unresolvable", `Cannot plan this: ${fault}`);
}

/** What is wrong with the names, of each and of two together; undefined when every format can hold them. */
export function namesFault(files: readonly PlannedFileName[], images: readonly PlannedImageName[]): string | undefined {
  return filesFault(files) ?? imagesFault(images);
}

/** What is wrong with the path of a file; undefined when every format, file system and web server takes it for the same name. */
export function pathFault(path: string): string | undefined {
  if (!path.includes("/")) return "it is not HOST/PATH";
  const decoded = decodedPath(path);
  if (decoded === undefined) return "it has a broken percent-encoding";
  const fault = nameFault(`files/${path}`) ?? nameFault(`files/${decoded}`);
  if (fault !== undefined) return fault;
  if (path.split("/").length !== decoded.split("/").length) return "it has a slash in percent-encoding";
  if (!word.test(path) || !word.test(decoded)) return "it has a blank, a quote or a letter outside of ASCII in it";
  if (/^[-#]/.test(path)) return `it begins with "${path[0]}", like an option or a comment`;
  if (/(?:^|\/)\.wh\./.test(decoded)) return 'a part of it begins with ".wh.", which removes a file in an image';
  if (/[?#]/.test(decoded)) return "it has a query or a fragment, which no file's name can carry";
  return decoded.length > maxPathBytes ? `it is longer than ${maxPathBytes} bytes` : undefined;
}

/** The name on disk: percent-encoding is undone, because a web server looks that up. Undefined where the encoding is broken. */
export function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function filesFault(files: readonly PlannedFileName[]): string | undefined {
  const named = new Map<string, PlannedFileName>();
  for (const file of files) {
    const fault = pathFault(file.path);
    if (fault !== undefined) return `the file ${quotedName(file.path)}: ${fault}`;
    const name = decodedPath(file.path) ?? file.path;
    const other = named.get(name);
    if (other && !isSameFile(other, file))
      return `two files are named ${quotedName(name)}: ${describeFile(other)} and ${describeFile(file)}`;
    named.set(name, other?.digest === undefined ? file : other);
  }
  for (const path of named.keys()) {
    for (const parent of parentsOf(path)) {
      if (named.has(parent)) return `${quotedName(parent)} is a file, and ${quotedName(path)} needs a directory there`;
    }
  }
  return undefined;
}

function isSameFile(one: PlannedFileName, other: PlannedFileName): boolean {
  if (one.digest !== undefined && other.digest !== undefined) return one.digest === other.digest;
  return one.path === other.path && one.url === other.url;
}

function describeFile({ url, digest }: PlannedFileName): string {
  return [...(url === undefined ? [] : [printable(url)]), digest ?? "no digest"].join(" ");
}

/** A server answers to a name without its host, and below k8s/, too: only one image may have each of those names. */
function imagesFault(images: readonly PlannedImageName[]): string | undefined {
  const owners = new Map<string, PlannedImageName>();
  for (const named of images) {
    const { tag, ...rest } = parseReference(named.image);
    for (const name of namesInside(rest).map((repository) => `${repository}:${tag}`)) {
      const other = owners.get(name);
      const fault = other && sharedFault(name, other, named);
      if (fault !== undefined) return fault;
      owners.set(name, named);
    }
  }
  return undefined;
}

function sharedFault(name: string, other: PlannedImageName, { image, digest }: PlannedImageName): string | undefined {
  if (other.image === image)
    return other.digest === undefined || digest === undefined || other.digest === digest
      ? undefined
      : `two images are named "${image}": ${other.digest} and ${digest}`;
  if (digest !== undefined && other.digest === digest) return undefined;
  return `"${printable(other.image)}" and "${printable(image)}" are different images and share the name "${printable(name)}" inside the gap; leave one of them out`;
}
