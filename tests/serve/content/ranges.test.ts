// Every edge of the Range header.
import { expect, test } from "bun:test";
import { parseRanges } from "../../../src/serve/content/ranges.ts";

const one = (offset: number, length: number) => [{ offset, length }];

test.each([
  ["bytes=0-0", one(0, 1)],
  ["bytes=0-99", one(0, 100)],
  ["bytes=0-", one(0, 100)],
  ["bytes=99-", one(99, 1)],
  ["bytes=99-99", one(99, 1)],
  ["bytes=99-100", one(99, 1)],
  ["bytes=0-99999999999999999999", one(0, 100)],
  ["bytes=-1", one(99, 1)],
  ["bytes=-100", one(0, 100)],
  ["bytes=-101", one(0, 100)],
  ["Bytes = 5-9", one(5, 5)],
  ["bytes=0-1, ,5-6", [...one(0, 2), ...one(5, 2)]],
  ["bytes=90-99,0-9", [...one(90, 10), ...one(0, 10)]],
  ["bytes=0-1,200-300", one(0, 2)],
])("%s of 100 bytes", (header, ranges) => {
  expect(parseRanges(header, 100)).toEqual(ranges);
});

test.each(["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=500-600,700-"])("%s cannot be satisfied", (header) => {
  expect(parseRanges(header, 100)).toEqual([]);
});

test.each([
  ["another unit", "items=0-1"],
  ["reversed", "bytes=9-5"],
  ["reversed beside a good one", "bytes=0-1,9-5"],
  ["nothing", "bytes="],
  ["only commas", "bytes=,,"],
  ["no number", "bytes=a-b"],
  ["a minus too many", "bytes=--5"],
  ["hexadecimal", "bytes=0x1-2"],
  ["overlapping until it is more than the whole", "bytes=0-99,0-99"],
  ["a thousand", `bytes=${Array.from({ length: 1000 }, (_, at) => `${at}-${at}`).join(",")}`],
])("%s: the whole is sent", (_, header) => {
  expect(parseRanges(header, 100)).toBeUndefined();
});

test("no range of an empty blob can be satisfied", () => {
  for (const header of ["bytes=0-", "bytes=0-0", "bytes=-1"])
    expect([header, parseRanges(header, 0)]).toEqual([header, []]);
});
