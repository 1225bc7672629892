// Hardware addresses in the spellings of systems, as netaddr's EUI has them.
import { invalid } from "../../failure.ts";
import type { PythonValue } from "../../values.ts";

const word = (digits: string): string => `([0-9a-f]${digits})`;
const spellings = [":", "-"]
  .flatMap((separator) => [
    Array(6).fill(word("{1,2}")).join(separator),
    Array(3).fill(word("{1,4}")).join(separator),
    Array(2).fill(word("{5,6}")).join(separator),
  ])
  .concat(Array(3).fill(word("{1,4}")).join("\\."), word("{11,12}"))
  .map((source) => new RegExp(`^${source}$`, "i"));

function parse(text: string): bigint | undefined {
  for (const spelling of spellings) {
    const words = spelling.exec(text)?.slice(1);
    if (words) return BigInt(`0x${words.map((digits) => digits.padStart(12 / words.length, "0")).join("")}`);
  }
  // Other numbers are addresses of 64 bits, which no filter here writes.
  return /^\s*\d{1,14}\s*$/.test(text) ? BigInt(text.trim()) : undefined;
}

/** The address in words of that many digits. */
function words(value: bigint, size: number, separator: string): string {
  const digits = value.toString(16).padStart(12, "0");
  return (digits.match(new RegExp(`.{${size}}`, "g")) ?? []).join(separator);
}

const formats: ReadonlyMap<string, (value: bigint, text: string) => PythonValue> = new Map<
  string,
  (value: bigint, text: string) => PythonValue
>([
  ["", (_, text) => text],
  ["bool", () => true],
  ["int", (value) => value],
  ["bare", (value) => words(value, 12, "").toUpperCase()],
  ["cisco", (value) => words(value, 4, ".")],
  ["linux", (value) => words(value, 2, ":")],
  ["unix", (value) => words(value, 2, ":").replace(/\b0(?=.)(?!:)/g, "")],
  ...["eui48", "win"].map((name) => [name, (value: bigint) => words(value, 2, "-").toUpperCase()] as const),
  ...["pgsql", "postgresql", "psql"].map((name) => [name, (value: bigint) => words(value, 6, ":")] as const),
]);

/** A hardware address as the query wants it; None for what is none. @throws TemplateFailure for an unknown query. */
export function formatHardwareAddress(text: string, query: string): PythonValue {
  const value = parse(text);
  if (value === undefined && query !== "" && query !== "bool") return invalid(`not a hardware address: ${text}`);
  const format = formats.get(query) ?? invalid(`unknown filter type: ${query}`);
  return value === undefined ? null : format(value, text);
}
