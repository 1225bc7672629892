// The index of a chart repository, from anybody: what is read of it, and what is said where it is not what it should be.
import { expect, test } from "bun:test";
import { findPublished } from "../../src/charts/published.ts";

const sum = "ab".repeat(32);
const index = `apiVersion: v1
entries:
  podinfo:
  - { version: 6.7.1, digest: ${sum}, urls: [podinfo-6.7.1.tgz, "https://mirror.example/p.tgz"], created: "2026-01-01T00:00:00Z" }
  - { version: 6.7.0, digest: "sha256:${sum}", urls: [https://github.example/podinfo-6.7.0.tgz] }
  - { version: 1.10, urls: [podinfo-1.10.tgz] }
  bare:
  - { version: "1.0.0", urls: [] }
  odd:
  - { version: 1.0.0, urls: [a.tgz], digest: none }
`;

test("a version of a chart with its URLs and its digest", () => {
  expect(findPublished(index, "podinfo", "6.7.1")).toEqual({
    urls: ["podinfo-6.7.1.tgz", "https://mirror.example/p.tgz"],
    digest: `sha256:${sum}`,
  });
  expect(findPublished(index, "podinfo", "6.7.0").digest).toBe(`sha256:${sum}`);
});

test.each([
  [index, "podinfo", "9.9.9", "it has no podinfo 9.9.9; there are 6.7.1, 6.7.0"],
  [index, "toString", "1.0.0", 'it has no chart "toString"'],
  [index, "bare", "1.0.0", "it has no URL of bare 1.0.0"],
  [index, "odd", "1.0.0", "its digest of the chart is none"],
  ["<html>", "podinfo", "1.0.0", "it is no index of a chart repository"],
  ["a: [", "podinfo", "1.0.0", "it is not YAML"],
])("%#: it says what there is instead", (text, name, version, message) => {
  expect(() => findPublished(text, name, version)).toThrow(message);
});
