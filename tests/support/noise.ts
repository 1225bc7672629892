// Noise for templates, YAML and inventories.
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";

/** Anything may be refused, and only so. */
export function orRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof KsoError && thrown.code === "unresolvable" && thrown.message.length > 10) return undefined;
    throw thrown;
  }
}

/** Texts out of the pieces that a grammar is made of: they get further than noise does. */
export const noise = (pieces: readonly string[], maxPieces: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: maxPieces })
    .map((parts) => parts.join(""));

/** Pieces of templates. */
export const jinja: fc.Arbitrary<string> = noise(
  [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    " ",
    "|",
    ".",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "'",
    '"',
    "\\",
    "\n",
    "~",
    "+",
    "*",
    "**",
    "//",
    "%",
    "==",
    "<",
    " in ",
    " not ",
    " is ",
    " and ",
    " or ",
    " if ",
    " else ",
    "for x in ",
    "endfor",
    "if ",
    "endif",
    "set y = ",
    "raw",
    "endraw",
    "macro m()",
    "endmacro",
    "a",
    "b",
    "d",
    "l",
    "1",
    "9999999999",
    "1.5",
    "none",
    "range(99)",
    "lookup('vars', 'a')",
    "default('x')",
    "version('1.2', '<')",
    "regex_replace('(a+)+', 'b')",
    "select('version', '1', '<')",
    "map('upper')",
    "dict2items",
    "combine({'k': 1})",
    "['a']",
    "[::2]",
    ".split('.')",
    ".items()",
    "defined",
    "loop.index",
  ],
  25,
);
/** Pieces of YAML. */
export const yaml: fc.Arbitrary<string> = noise(
  [
    "a",
    "b",
    ": ",
    "- ",
    "\n",
    "  ",
    "    ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&x ",
    "*x",
    "<<: ",
    "!vault ",
    "!unsafe ",
    "!!int ",
    "!!str ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "? ",
    "~",
    "yes",
    "0x1f",
    "1:30",
    "1.5",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "\t",
    "downloads",
    "{{ a }}",
  ],
  30,
);
