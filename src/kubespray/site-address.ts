// Addresses of files and images in an inventory: their hosts, and whether a host is one that only a site knows.

/** Last labels that no public name has: reserved ones, and those that sites use for themselves. */
const privateLabels: ReadonlySet<string> = new Set(
  "corp example home internal intranet invalid lan local localdomain localhost private svc test".split(" "),
);

/** The host of a URL or an image, with its port, in lower case; undefined where there is none. */
export function hostOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const [, url, image] = /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)|^([^/\s]+)(?=\/|$)/i.exec(address) ?? [];
  const host = url ?? image;
  if (host === undefined || (url === undefined && !looksLikeHost(host))) return undefined;
  return host.toLowerCase();
}

/** The path behind the host, with its slash. */
export function pathOf(address: string): string {
  return address.replace(/^https?:\/\/[^/]+/i, "").replace(/^[^/]+(?=\/)/, "");
}

/** In front of an image's name, a word with a dot or a port is a host, as for Docker. */
function looksLikeHost(text: string): boolean {
  return /\.|:\d/.test(text) || text === "localhost";
}

/** Whether a host is an address, or a name that no public name service has. */
export function isPrivateHost(host: string): boolean {
  if (host.startsWith("[")) return true;
  const name = host.replace(/:\d+$/, "").replace(/\.$/, "");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || !name.includes(".")) return true;
  return privateLabels.has(name.slice(name.lastIndexOf(".") + 1)) || name.endsWith(".home.arpa");
}

/** A URL without a name and a password, which stand in no plan and in no message. */
export function withoutUser(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/i, "$1");
}
