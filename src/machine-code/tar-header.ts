// Reads the fields of a tar archive's header block.

/** The size of a header, and what contents are padded to. Bytes. */
export const tarBlockSize = 512;

const decoder = new TextDecoder();

/** True when the checksum of the 512 bytes is that of a tar header; archives older than ustar have it too. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < tarBlockSize) return false;
  // The checksum's own eight bytes count as blanks.
  let unsigned = 8 * 32;
  let signed = unsigned;
  for (let at = 0; at < tarBlockSize; at++) {
    if (at >= 148 && at < 156) continue;
    const byte = header[at] as number;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const checksum = octalField(header.subarray(148, 156));
  // A block of zeros ends an archive and starts none: its sum would be 256.
  return checksum !== undefined && (checksum === unsigned || checksum === signed);
}

/** Parses a size: octal digits, or GNU's base-256 for what they cannot hold. @throws Error for what no file can have as its size. */
export function sizeField(field: Uint8Array): number {
  const first = field[0] as number;
  if (first < 0x80) return wholeSize(octalField(field) ?? Number.NaN);
  let value = first & 0x7f;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return wholeSize(value);
}

/** Checks a size and returns it. @throws Error for what no file can have as its size. */
export function wholeSize(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error("a size that no file can have");
}

/** A number in octal digits; undefined for anything else. */
export function octalField(field: Uint8Array): number | undefined {
  const digits = textField(field).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(`0${digits}`, 8) : undefined;
}

/** The text of a field, up to the first NUL. */
export function textField(field: Uint8Array): string {
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}
