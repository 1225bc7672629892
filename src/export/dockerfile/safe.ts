// Names and addresses come from plugins and mirrors, and end up in lists that a shell script splits into words. These checks
// return a text as it is, or throw an error that names it: nothing is escaped.
import { decodedPath, pathFault } from "../../core/bundle-names.ts";
import { KsoError } from "../../core/errors.ts";
import { quotedName } from "../../core/quote.ts";

// Printable ASCII without quotes and the backslash, which have a meaning inside a word to xargs and the shell.
const word = /^[!#-&(-[\]-_a-~]+$/;

/**
 * Returns the text when it is one harmless word of a list.
 * @throws KsoError `unresolvable` naming the text and what is wrong with it.
 */
export function safeWord(text: string, subject: string): string {
  if (!word.test(text)) return refuse(text, subject, "has a blank, a quote, a backslash or a control character in it");
  if (text.startsWith("-")) return refuse(text, subject, "begins with a hyphen, like an option");
  if (text.startsWith("#")) return refuse(text, subject, "begins with #, like a comment");
  if (text.split(/[/?#]/).some((segment) => decode(segment, text, subject) === "..")) {
    return refuse(text, subject, "climbs with ..");
  }
  return text;
}

/**
 * Returns the text when it is an http or https URL.
 * @throws KsoError `unresolvable` naming the URL and what is wrong with it.
 */
export function safeUrl(url: string, subject: string): string {
  safeWord(url, subject);
  if (/^https?:\/\/[^/]*@/.test(url)) return refuse(url, subject, "carries credentials, which would be written down");
  return /^https?:\/\/[^/]+\/./.test(url) ? url : refuse(url, subject, "is not an http or https URL of a file");
}

/**
 * Returns the name on disk of `<host>/<path>`: percent-encoding is undone, because a web server looks up that.
 * @throws KsoError `unresolvable` naming the path and what is wrong with it.
 */
export function safePath(path: string, subject: string): string {
  const fault = pathFault(path);
  if (fault !== undefined) throw new KsoError("unresolvable", `Cannot use ${subject} ${quotedName(path)}: ${fault}`);
  return decodedPath(path) ?? path;
}

function decode(text: string, fullText: string, subject: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(fullText, subject, "has a broken percent-encoding");
  }
}

function refuse(text: string, subject: string, reason: string): never {
  throw new KsoError("unresolvable", `Cannot use ${subject} ${JSON.stringify(text)} ${reason}`);
}
