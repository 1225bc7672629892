// PAX records: what does not fit into a ustar header is written in front of it, as `LENGTH key=value` lines.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keys that change what an entry is, and keys that do not matter. Any other is refused: readers would disagree on the entry. */
const essential = new Set(["path", "linkpath", "size"]);
const harmless = new Set(["atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment"]);

/** Writes a record: `LENGTH key=value\n`, where LENGTH counts itself. */
export function formatPaxRecord(key: string, value: string): string {
  const bytes = encoder.encode(` ${key}=${value}\n`).length;
  let length = bytes;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** Parses the records of a body and returns the essential ones, or a text that says what is wrong. */
export function parsePaxRecords(body: Uint8Array): ReadonlyMap<string, string> | string {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const parsed = recordAt(body, at);
    if (typeof parsed === "string") return parsed;
    const { key, value, end } = parsed;
    if (essential.has(key)) {
      if (records.has(key)) return `it has two PAX records "${key}"`;
      records.set(key, value);
    } else if (!harmless.has(key)) return `it has a PAX record ${JSON.stringify(key.slice(0, 80))}`;
    at = end;
  }
  return records;
}

/** Parses the record that starts at a byte; returns it and where it ends, or a text that says what is wrong. */
function recordAt(body: Uint8Array, at: number): { key: string; value: string; end: number } | string {
  const blank = body.indexOf(0x20, at);
  const digits = blank < 0 || blank - at > 5 ? "" : String.fromCharCode(...body.subarray(at, blank));
  const end = at + Number(digits);
  const equals = body.indexOf(0x3d, blank);
  if (!/^[1-9]\d*$/.test(digits) || end > body.length || equals < 0 || equals >= end || body[end - 1] !== 0x0a)
    return "a PAX record is not `LENGTH key=value`";
  try {
    const key = decoder.decode(body.subarray(blank + 1, equals));
    return { key, value: decoder.decode(body.subarray(equals + 1, end - 1)), end };
  } catch {
    return "a PAX record is not UTF-8";
  }
}
