/** The directories that a path is in, the innermost first: `a/b/c` gives `a/b` and `a`. */
export function* parentsOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) yield path.slice(0, end);
}
