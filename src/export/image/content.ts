// The one layer that an image adds to its base: everything below /kso, the same for every platform. In travels the lock,
// out travel tar entries and where their contents lie.
import { encodeEntry, paddingOf, trailer } from "../../bundle/tar.ts";
import type { Digest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { formatLock, type Lock } from "../../core/lock.ts";
import { type ArchiveEntry, directoriesOf, type EntryContent } from "../archive/layout.ts";
import { bundleLock, compareBytes } from "../archive/metadata.ts";
import { checkNames } from "../archive/names.ts";
import { nginxConfig, serveFilesScript } from "../dockerfile/files.ts";
import { registryConfig } from "../dockerfile/images.ts";
import { safePath } from "../dockerfile/safe.ts";
import { dataPath, registryTree } from "../registry/tree.ts";

/** An uncompressed layer, known to the byte but for its digest. */
export interface ContentLayer {
  readonly items: readonly ArchiveEntry[];
  /** Bytes. */
  readonly size: number;
}

/** @throws KsoError `unresolvable` for files that cannot stand beside each other. */
export function filesLayer(lock: Lock): ContentLayer {
  const entries = startLayer(lock);
  entries.directory("kso/files/");
  entries.text("kso/serve-files.sh", serveFilesScript);
  entries.text("kso/nginx.conf", nginxConfig);
  entries.text("kso/nginx-ipv4.conf", withoutIpv6(nginxConfig));
  // A web server looks up the decoded name.
  const files = lock.files.map((file) => ({ ...file, name: safePath(file.path, "the file") }));
  for (const { name, path, digest, size } of files.sort((a, b) => compareBytes(a.name, b.name)))
    entries.blob(`kso/files/${name}`, digest, size, path);
  return entries.layer();
}

/** @throws KsoError `unresolvable` for images that would share a name. */
export function imagesLayer(lock: Lock): ContentLayer {
  const entries = startLayer(lock);
  const tree = registryTree(lock);
  entries.directory("kso/registry/");
  entries.text("kso/registry.yml", registryConfig);
  for (const { digest, size } of tree.blobs) entries.blob(`kso/registry/${dataPath(digest)}`, digest, size, digest);
  for (const [path, digest] of tree.links) entries.text(`kso/registry/${path}`, digest);
  return entries.layer();
}

function withoutIpv6(config: string): string {
  return config
    .split("\n")
    .filter((line) => !line.includes("[::]"))
    .join("\n");
}

/** Blobs are added in the order of their names: where two are the same bytes, the second is a link to the first. */
function startLayer(lock: Lock): {
  directory(name: string): void;
  text(name: string, text: string): void;
  blob(name: string, digest: Digest, size: number, label: string): void;
  layer(): ContentLayer;
} {
  checkNames(lock, []);
  const entries = new Map<string, ArchiveEntry & { readonly digest?: Digest }>();
  const folders = new Set<string>();
  const firsts = new Map<Digest, string>();
  const file = (name: string, size: number, content: EntryContent, label: string): void =>
    void entries.set(name, { name, type: "file", size, mode: 0o644, content, label });
  const text = (name: string, value: string): void => {
    const bytes = new TextEncoder().encode(value);
    file(name, bytes.length, { text: bytes }, name);
  };
  text("kso/lock.json", formatLock(bundleLock(lock)));
  return {
    directory: (name) => void folders.add(name),
    text,
    blob(name, digest, size, label) {
      // In a layer, a name with this beginning removes a file of the layers below.
      if (name.split("/").some((part) => part.startsWith(".wh.")))
        throw refusal(`"${label}" has a part that begins with ".wh.", which removes files in an image`);
      const there = entries.get(name);
      if (there) {
        if (there.content && "blob" in there.content && there.content.blob === digest) return;
        throw refusal(`"${label}" and "${there.label}" are different files with one name, /${name}`);
      }
      const first = firsts.get(digest);
      if (first === undefined) {
        firsts.set(digest, name);
        file(name, size, { blob: digest }, label);
      } else entries.set(name, { name, type: "link", size: 0, mode: 0o644, target: first, label });
    },
    layer() {
      const items: ArchiveEntry[] = [...entries.values()];
      for (const name of directoriesOf(items)) folders.add(name);
      for (const name of folders) {
        if (entries.has(name.slice(0, -1))) throw refusal(`/${name.slice(0, -1)} would be a file and a directory`);
        items.push({ name, type: "directory", size: 0, mode: 0o755, label: name });
      }
      items.sort((a, b) => compareBytes(a.name, b.name));
      return { items, size: archiveSize(items) };
    },
  };
}

/** Bytes of an archive with these entries. */
export function archiveSize(items: readonly ArchiveEntry[]): number {
  return items.reduce((sum, item) => sum + encodeEntry(item).length + item.size + paddingOf(item.size), trailer);
}

function refusal(reason: string): KsoError {
  return new KsoError("unresolvable", `Cannot build an image: ${reason}`);
}
