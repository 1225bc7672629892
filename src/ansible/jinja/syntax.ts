// Parses templates. The grammar is @huggingface/jinja's; what Ansible does to a template first (backslashes, raw blocks) is in
// source.ts, and what that grammar lacks (tests with arguments, dotted filter names) in tokens.ts.
import { parse, tokenize } from "@huggingface/jinja";
import { messageOf } from "../../core/errors.ts";
import { TemplateFailure, withinStack } from "./failure.ts";
import type { TemplateNode } from "./nodes.ts";
import { normalizeSource } from "./source.ts";
import { rewriteTests } from "./tokens.ts";

/** Characters of the longest template. kubespray's longest has about two thousand. */
const maxLength = 100_000;
/** Characters of the longest run of white space: the tokenizer looks at each run once for every character of it. */
const maxBlanks = 2000;
const tooManyBlanks = new RegExp(`\\s{${maxBlanks}}`);
/** Parsed templates that the cache holds. */
const maxEntries = 5000;

/** Whether a text holds a Jinja tag, and so is a template. */
export function isTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

const cache = new Map<string, readonly TemplateNode[]>();

/**
 * Parses a template, as Ansible's own environment would (trim_blocks, doubled backslashes in expressions).
 * @throws TemplateFailure for what is no template.
 */
export function parseTemplate(source: string): readonly TemplateNode[] {
  const cached = cache.get(source);
  if (cached) return cached;
  if (source.length > maxLength) throw new TemplateFailure("limit", `a template of ${source.length} characters`);
  if (tooManyBlanks.test(source))
    throw new TemplateFailure("limit", `a template with more than ${maxBlanks} blanks in a row`);
  let body: readonly TemplateNode[];
  try {
    body = withinStack(() => {
      const tokens = tokenize(normalizeSource(source.replace(/\r\n?/g, "\n")), { trim_blocks: true });
      return (parse(rewriteTests(tokens) as Parameters<typeof parse>[0]) as unknown as { body: TemplateNode[] }).body;
    });
  } catch (cause) {
    if (cause instanceof TemplateFailure) throw cause;
    // The parser reads on past the last token.
    const reason = cause instanceof TypeError ? "it ends too soon" : messageOf(cause);
    throw new TemplateFailure("invalid", `it is no valid template (${reason})`, cause);
  }
  if (cache.size > maxEntries) cache.clear();
  cache.set(source, body);
  return body;
}
