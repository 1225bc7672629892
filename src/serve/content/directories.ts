// Directories of the file tree, for people and for `wget -r`: a path travels in, a page of links travels out.

import { plainText } from "../handler.ts";
import type { ContentIndex } from "./content-index.ts";

/** What stands in a directory; a directory has no size. */
export interface DirectoryEntry {
  readonly name: string;
  readonly size?: number;
}

/** A directory as a page: `path` is what a person sees of it, `/k8s/dl.k8s.io/`. */
export type RenderListing = (request: Request, path: string, lines: readonly DirectoryEntry[]) => Response;

/** Answers the paths that are directories: `path` as it was sent, `name` decoded and without its first slash. */
export function directories(
  shelf: ContentIndex,
  dress: RenderListing = page,
): (request: Request, name: string, path: string) => Response | undefined {
  let tree: Map<string, Map<string, DirectoryEntry>> | undefined;
  return (request, name, path) => {
    tree ??= treeOf(shelf);
    const bare = name.replace(/^k8s(\/|$)/, "");
    const folder = bare.endsWith("/") ? bare.slice(0, -1) : bare;
    const lines = tree.get(folder);
    if (!lines) return undefined;
    if (name !== "" && !name.endsWith("/"))
      return plainText(301, "It is a directory\n", { location: `/${path.replace(/^\/+/, "")}/` });
    return dress(request, `/${name}`, [...lines.values()]);
  };
}

function treeOf({ files }: ContentIndex): Map<string, Map<string, DirectoryEntry>> {
  const tree = new Map<string, Map<string, DirectoryEntry>>([["", new Map()]]);
  for (const [path, { blob }] of files) {
    let line: DirectoryEntry = { name: path.slice(path.lastIndexOf("/") + 1), size: blob.size };
    for (let end = path.lastIndexOf("/"); ; end = path.lastIndexOf("/", end - 1)) {
      const folder = path.slice(0, Math.max(end, 0));
      const there = tree.get(folder) ?? new Map<string, DirectoryEntry>();
      tree.set(folder, there);
      const known = there.has(line.name);
      if (!known) there.set(line.name, line);
      if (folder === "" || (known && line.size === undefined)) break;
      line = { name: `${folder.slice(folder.lastIndexOf("/") + 1)}/` };
    }
  }
  return tree;
}

function page(_request: Request, title: string, lines: readonly DirectoryEntry[]): Response {
  const rows = lines
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, size }) => `<tr><td><a href="${link(name)}">${escaped(name)}</a><td>${size ?? ""}</tr>`);
  const up = title !== "/" ? [`<tr><td><a href="../">../</a><td></tr>`] : [];
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body><h1>${escaped(title)}</h1>
<table>
${[...up, ...rows].join("\n")}
</table></body></html>
`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "x-content-type-options": "nosniff" },
  });
}

/** Relative, and never taken for a scheme. */
function link(name: string): string {
  const encoded = encodeURIComponent(name.replace(/\/$/, ""));
  return `./${encoded}${name.endsWith("/") ? "/" : ""}`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (one) => entities[one] ?? one);
}
