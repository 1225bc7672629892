// Bytes for people: three digits at most, and never "1000 kB".
import { expect, test } from "bun:test";
import { formatSize } from "../../src/core/size.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [99_949, "99.9 kB"],
  [99_950, "100 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [5_400_000_000, "5.4 GB"],
  [1e15, "1000 TB"],
  [-1_500_000, "-1.5 MB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
