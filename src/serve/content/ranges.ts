// The Range header (RFC 9110, section 14): text and a size travel in, which bytes to send travels out.

/** A run of bytes of the whole. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** More ranges than this are answered with the whole, as nginx and Apache do. */
const most = 64;

/**
 * Undefined: send the whole (no range, not in bytes, malformed, or more work than the whole would be). Empty: none of it can be
 * satisfied.
 */
export function parseRanges(header: string, size: number): readonly Range[] | undefined {
  const [, list] = /^\s*bytes\s*=(.*)$/i.exec(header) ?? [];
  if (list === undefined) return undefined;
  const specs = list.split(",");
  if (specs.length > most) return undefined;
  const ranges: Range[] = [];
  let named = 0;
  for (const spec of specs) {
    const text = spec.trim();
    // Empty elements of a list count for nothing (RFC 9110, section 5.6.1).
    if (text === "") continue;
    named++;
    const [, first = "", last = ""] = /^(\d*)\s*-\s*(\d*)$/.exec(text) ?? [];
    if (first === "" && last === "") return undefined;
    const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
    const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
    if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
    if (from > to || from >= size) continue;
    ranges.push({ offset: from, length: to - from + 1 });
  }
  if (named === 0) return undefined;
  const total = ranges.reduce((sum, { length }) => sum + length, 0);
  // Overlapping ranges would send bytes twice.
  return ranges.length > 1 && total > size ? undefined : ranges;
}
