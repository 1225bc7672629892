// Lines as a shell would split them into words (Python's shlex, which Ansible's ini plugin uses).

const lineParts = /\s+|#.*|\\([\s\S]?)|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|["']|[^\s#\\'"]+/g;

/** The words of a line, up to a comment; undefined where a quotation mark does not close. */
export function splitShellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (const [part, escaped, doubleQuoted, singleQuoted] of line.matchAll(lineParts)) {
    if (part === '"' || part === "'") return undefined;
    if (part.startsWith("#")) break;
    if (/^\s/.test(part)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + (escaped ?? doubleQuoted?.replace(/\\(["\\])/g, "$1") ?? singleQuoted ?? part);
  }
  if (word !== undefined) words.push(word);
  return words;
}
