// Parts and sums of what lies at extents.
import { expect, test } from "bun:test";
import { sliceExtents, totalLength, totalSize } from "../../src/files/extents.ts";

const extents = [
  { path: "a", offset: 100, length: 10 },
  { path: "b", offset: 0, length: 5 },
  { path: "c", offset: 7, length: 20 },
];

test.each([
  [0, 35, extents],
  [0, 10, [{ path: "a", offset: 100, length: 10 }]],
  [
    9,
    2,
    [
      { path: "a", offset: 109, length: 1 },
      { path: "b", offset: 0, length: 1 },
    ],
  ],
  [
    12,
    100,
    [
      { path: "b", offset: 2, length: 3 },
      { path: "c", offset: 7, length: 20 },
    ],
  ],
  [35, 1, []],
  [3, 0, []],
])("from %d on, %d bytes", (offset, length, slices) => {
  expect(sliceExtents(extents, offset, length)).toEqual(slices);
});

test("sums", () => {
  expect([totalLength(extents), totalSize([{ size: 2 }, { size: 3 }]), totalSize([])]).toEqual([35, 5, 0]);
});
