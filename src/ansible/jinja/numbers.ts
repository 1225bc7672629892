// Python's int() and float() of a text.

/** Digits of the longest number that is read. */
const maxDigits = 400;
const prefixes: ReadonlyMap<number, string> = new Map([
  [2, "0b"],
  [8, "0o"],
  [16, "0x"],
]);

/** `int(text, base)`; undefined where Python has a ValueError. Base 0 means that of the prefix. */
export function parsePythonInteger(text: string, base: number): bigint | undefined {
  const [, sign = "", rest = ""] = /^\s*([-+]?)(\w{1,400})\s*$/.exec(text) ?? [];
  const written = rest.toLowerCase();
  const radix = base === 0 ? radixOf(written) : base;
  if (radix === undefined || radix < 2 || radix > 36) return undefined;
  const prefix = prefixes.get(radix);
  const digits = prefix !== undefined && written.startsWith(prefix) ? written.slice(2).replace(/^_/, "") : written;
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/.test(digits)) return undefined;
  const magnitude = magnitudeOf(digits.replaceAll("_", ""), radix);
  return magnitude !== undefined && sign === "-" ? -magnitude : magnitude;
}

/** Without a prefix it is ten, and then no digit but 0 may follow a 0 in front. */
function radixOf(written: string): number | undefined {
  for (const [radix, prefix] of prefixes) if (written.startsWith(prefix)) return radix;
  return /^0[0_]*[1-9]/.test(written) ? undefined : 10;
}

function magnitudeOf(digits: string, radix: number): bigint | undefined {
  for (const digit of digits) if (Number.parseInt(digit, 36) >= radix) return undefined;
  let sum = 0n;
  // As many digits at once as a number holds in any base.
  for (let at = 0; at < digits.length; at += 10) {
    const part = digits.slice(at, at + 10);
    sum = sum * BigInt(radix) ** BigInt(part.length) + BigInt(Number.parseInt(part, radix));
  }
  return sum;
}

/** `float(text)`; undefined where Python has a ValueError. */
export function parsePythonFloat(text: string): number | undefined {
  if (text.length > maxDigits) return undefined;
  const trimmed = text.trim();
  const [, sign, word] = /^([-+]?)(inf|infinity|nan)$/i.exec(trimmed) ?? [];
  if (word !== undefined) return word.toLowerCase() === "nan" ? Number.NaN : sign === "-" ? -Infinity : Infinity;
  const isNumber = /^[-+]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?$/i.test(
    trimmed,
  );
  return isNumber ? Number(trimmed.replaceAll("_", "")) : undefined;
}
