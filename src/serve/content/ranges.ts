// The Range header (RFC 9110, section 14).

/** A run of bytes of the whole. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** More ranges than this are answered with the whole, as nginx and Apache do. */
const maxRanges = 64;

/**
 * Takes the header's value and the size of the whole, returns which bytes to send. Undefined: send the whole (no range, not in
 * bytes, malformed, or more work than the whole would be). Empty: no range can be satisfied.
 */
export function parseRanges(header: string, size: number): readonly Range[] | undefined {
  const [, list] = /^\s*bytes\s*=(.*)$/i.exec(header) ?? [];
  if (list === undefined) return undefined;
  const elements = list.split(",");
  if (elements.length > maxRanges) return undefined;
  // Empty elements of a list count for nothing (RFC 9110, section 5.6.1).
  const specs = elements.map((element) => element.trim()).filter((spec) => spec !== "");
  if (specs.length === 0) return undefined;
  const ranges: Range[] = [];
  for (const spec of specs) {
    const range = parseRange(spec, size);
    if (range === undefined) return undefined;
    if (range !== "unsatisfiable") ranges.push(range);
  }
  const total = ranges.reduce((sum, { length }) => sum + length, 0);
  // Overlapping ranges would send bytes twice.
  return ranges.length > 1 && total > size ? undefined : ranges;
}

/** One `FIRST-LAST`, `FIRST-` or `-LENGTH`; undefined where it is malformed. */
function parseRange(spec: string, size: number): Range | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^(\d*)\s*-\s*(\d*)$/.exec(spec) ?? [];
  if (first === "") return last === "" ? undefined : rangeFrom(Math.max(0, size - Number(last)), size - 1, size);
  if (last === "") return rangeFrom(Number(first), size - 1, size);
  if (Number(last) < Number(first)) return undefined;
  return rangeFrom(Number(first), Math.min(Number(last), size - 1), size);
}

function rangeFrom(from: number, to: number, size: number): Range | "unsatisfiable" {
  return from > to || from >= size ? "unsatisfiable" : { offset: from, length: to - from + 1 };
}
