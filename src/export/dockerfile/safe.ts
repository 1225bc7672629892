// Names and addresses come from plugins and mirrors, and end up in lists that a shell script splits into words. These checks
// return a text as it is, or throw an error that names it: nothing is escaped.
import { KsoError } from "../../core/errors.ts";

// Printable ASCII, without what xargs and the shell give a meaning to inside a word: quotes and the backslash.
const word = /^[!#-&(-[\]-_a-~]+$/;

/**
 * Returns the text when it is one harmless word of a list.
 * @throws KsoError `unresolvable` naming the text and what is wrong with it.
 */
export function safeWord(text: string, what: string): string {
  if (!word.test(text)) return refuse(text, what, "has a blank, a quote, a backslash or a control character in it");
  if (text.startsWith("-")) return refuse(text, what, "begins with a hyphen, like an option");
  if (text.startsWith("#")) return refuse(text, what, "begins with #, like a comment");
  if (text.split(/[/?#]/).some((segment) => decode(segment, text, what) === "..")) {
    return refuse(text, what, "climbs with ..");
  }
  return text;
}

/**
 * Returns the text when it is an http or https URL.
 * @throws KsoError `unresolvable` naming the URL and what is wrong with it.
 */
export function safeUrl(url: string, what: string): string {
  safeWord(url, what);
  if (/^https?:\/\/[^/]*@/.test(url)) return refuse(url, what, "carries credentials, which would be written down");
  return /^https?:\/\/[^/]+\/./.test(url) ? url : refuse(url, what, "is not an http or https URL of a file");
}

/**
 * Returns the name on disk of `<host>/<path>`: percent-encoding is undone, because a web server looks up that.
 * @throws KsoError `unresolvable` naming the path and what is wrong with it.
 */
export function safePath(path: string, what: string): string {
  const plain = safeWord(decode(safeWord(path, what), path, what), what);
  const segments = plain.split("/");
  if (segments.length < 2 || segments.some((segment) => segment === "" || segment === ".")) {
    return refuse(path, what, "is not HOST/PATH");
  }
  return /[?#]/.test(plain) ? refuse(path, what, "has a query or fragment, which no file name can carry") : plain;
}

function decode(text: string, whole: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(whole, what, "has a broken percent-encoding");
  }
}

function refuse(text: string, what: string, why: string): never {
  throw new KsoError("unresolvable", `Cannot use ${what} ${JSON.stringify(text)} ${why}`);
}
