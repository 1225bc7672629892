// Which names an archive may carry: relative, forward, without anything that a shell, a terminal or a file system would
// take for more than a name.

/** The longest name, and the longest part of one, in bytes: what Linux opens. */
const maxNameBytes = 4096;
const maxPartBytes = 255;

/** What is wrong with a name (without a directory's slash at its end), or undefined when it may stand in an archive. */
export function nameFault(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (!name.isWellFormed()) return "the name is not Unicode text";
  if (bytesOf(name) > maxNameBytes) return `the name is longer than ${maxNameBytes} bytes`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) return "the name holds a control character";
  if (name.includes("\\")) return "the name holds a backslash";
  if (name.startsWith("/")) return "the name is absolute";
  for (const part of name.split("/")) {
    if (part === "..") return 'the name climbs with ".."';
    if (part === "" || part === ".") return `the name has an empty part or "."`;
    if (bytesOf(part) > maxPartBytes) return `a part of the name is longer than ${maxPartBytes} bytes`;
  }
  return undefined;
}

/** The length of a text in UTF-8; a short one is within every limit, and its characters are counted. */
function bytesOf(text: string): number {
  return text.length < 64 ? text.length : new TextEncoder().encode(text).length;
}
