// Text of a kso.yaml travels in; settings travel out, or a message with the line that is wrong. Every scalar is text: YAML
// itself would read `kube: 1.30` as 1.3.
import * as v from "valibot";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { configSchema, type Settings } from "./schema.ts";

/**
 * Reads the text of the file at `path`.
 * @throws KsoError `usage` naming the file, the line and the reason.
 */
export function readSettings(text: string, path: string): Settings {
  const lines = new LineCounter();
  const fail = (at: number | undefined, reason: string): never => {
    const where = at === undefined ? "" : `line ${lines.linePos(at).line}: `;
    throw new KsoError("usage", `Cannot use ${path}: ${where}${reason}`);
  };
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const [error] = [...document.errors, ...document.warnings];
  if (error) fail(error.pos[0], plain(error.message));
  if (document.contents === null || (isScalar(document.contents) && document.contents.source === "")) return {};
  const { contents } = document;
  if (!isMap(contents)) return fail(contents.range?.[0], "it must be settings, one a line: kube: 1.35");

  const known = Object.keys((configSchema as unknown as { entries: object }).entries);
  for (const { key } of contents.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const at = isNode(key) ? key.range?.[0] : undefined;
    if (!known.includes(name))
      fail(at, `"${name}" is not a setting${didYouMean(name, known)}; there are: ${known.join(", ")}`);
  }
  const checked = v.safeParse(configSchema, javascriptOf(document, fail));
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const keys = (issue.path ?? []).map(({ key }) => key);
  const node = document.getIn(keys, true);
  const first = contents.items.find(({ key }) => isScalar(key) && key.value === keys[0])?.key;
  const at = (isNode(node) && node.range?.[0]) || (isNode(first) ? first.range?.[0] : undefined);
  return fail(at || undefined, `${keys.join(".")} ${issue.message}`);
}

function javascriptOf(document: Document, fail: (at: undefined, reason: string) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    // Aliases that lead nowhere, or to more than anyone writes by hand.
    return fail(undefined, plain(thrown instanceof Error ? thrown.message : String(thrown)));
  }
}

/** A parser's sentence as ours end. */
function plain(message: string): string {
  return message.replace(/\s+/g, " ").replace(/\.$/, "");
}
