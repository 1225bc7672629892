// What must not be in a built site: links that lead nowhere, and anything that a browser would load from somewhere else.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One line for each fault below `folder`; none where all is well. */
export function faultsOf(folder: string): readonly string[] {
  const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
  const text = new Map(
    names
      .filter((name) => /\.(html|css|js)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
  return [...text].flatMap(([name, content]) => {
    const outside = outsideLoads(name, content).map((url) => `${name}: loads ${url}`);
    if (!name.endsWith(".html")) return outside;
    return [...outside, ...deadLinks(folder, name, content, text).map((link) => `${name}: ${link} leads nowhere`)];
  });
}

/** Other hosts that this file makes a browser ask. A link that a reader may follow is none. */
function outsideLoads(name: string, content: string): readonly string[] {
  const found = name.endsWith(".html")
    ? content.matchAll(/<(?!a\b)[a-z]+\b[^>]*\b(?:src|srcset|href|action|data|poster)="((?:https?:)?\/\/[^"]+)"/g)
    : name.endsWith(".css")
      ? content.matchAll(/(?:url\(\s*["']?|@import\s+["'])((?:https?:)?\/\/[^"')]+)/g)
      : content.matchAll(
          /(?:fetch|import|Worker|WebSocket|EventSource|sendBeacon|open)\(\s*["'`]((?:https?:|wss?:)?\/\/[^"'`]+)/g,
        );
  return [...found].map(([, url = ""]) => url);
}

function deadLinks(folder: string, name: string, content: string, all: ReadonlyMap<string, string>): readonly string[] {
  const links = [...content.matchAll(/<a\b[^>]*\bhref="([^"]+)"|<img\b[^>]*\bsrc="([^"]+)"/g)].map(
    ([, a, b]) => a ?? b ?? "",
  );
  return links.filter((link) => {
    if (/^[a-z]+:|^\/\//.test(link)) return false;
    const [path = "", anchor] = link.split("#").map(decodeURIComponent);
    const from = path.startsWith("/") ? join(folder, path) : join(folder, dirname(name), path);
    const file = path === "" ? join(folder, name) : path.endsWith("/") ? join(from, "index.html") : from;
    if (!existsSync(file)) return true;
    const target = all.get(file.slice(folder.length + 1));
    return anchor !== undefined && target !== undefined && !new RegExp(` id="${RegExp.escape(anchor)}"`).test(target);
  });
}
