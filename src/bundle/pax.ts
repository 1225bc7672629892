// PAX records: what does not fit into a ustar header stands in front of it, as `LENGTH key=value` lines.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keys that change what an entry is, and keys that do not matter here; with any other, readers disagree on the entry. */
const essential = new Set(["path", "linkpath", "size"]);
const harmless = new Set(["atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment"]);

/** `LENGTH key=value\n`, where LENGTH counts itself. */
export function record(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** The essential records of a body; a text that says what is wrong with it, where something is. */
export function parseRecords(body: Uint8Array): ReadonlyMap<string, string> | string {
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

/** The record that starts at a byte, and where it ends; a text that says what is wrong with it. */
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
