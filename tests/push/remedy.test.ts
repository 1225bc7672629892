// What is said about a failed push: what to do where a rule of the registry's stands in the way, and "again" only where it can help.
import { expect, test } from "bun:test";
import { KsoError } from "../../src/core/errors.ts";
import { HttpError } from "../../src/http/error.ts";
import { RegistryError } from "../../src/oci/registry-error.ts";
import { pushFailure } from "../../src/push/remedy.ts";

const again = "run the same command again to go on";
const remedy = (cause: unknown): string | undefined => pushFailure("item", "target", cause).remedy;
const refused = (status: number, reason: string): RegistryError =>
  new RegistryError(status, "https://harbor.site/v2/", [], `${status} Refused, ${reason}`);
const http = (status?: number): HttpError => new HttpError("Cannot fetch", { status, attempts: 1, url: "http://x/" });

test.each([
  [undefined, again],
  [503, again],
  [429, again],
  [401, undefined],
])("an answer of %p: %p", (status, expected) => {
  expect(remedy(http(status))).toBe(expected as string);
  expect(remedy(new KsoError("remote", "given up after 16 failures in a row", http(status)))).toBe(expected as string);
});

// As Harbor 2.15 words them.
test.each([
  [
    403,
    "DENIED, adding 1.0 MiB of storage resource, which when updated to current usage of 9.5 MiB will exceed the configured upper limit of 10.0 MiB.",
    "quota",
  ],
  [412, "PRECONDITION, Failed to process request due to 'pause:3.10' configured as immutable.", "Tag Immutability"],
  [403, "DENIED, The system is in read only mode. Any modification is prohibited.", "System Settings"],
  [403, "DENIED, can not push artifact to a proxy project: hub", "cache of another registry"],
])("a rule of Harbor's, %i %s", (status, reason, words) => {
  expect(remedy(refused(status, reason))).toContain(words);
  expect(remedy(new KsoError("remote", "given up", refused(status, reason)))).toContain(words);
});

test("what a registry refuses for another reason, and what a bundle lacks, no further try changes", () => {
  expect(pushFailure("a", "b", refused(400, "MANIFEST_INVALID"))).toEqual({
    item: "a",
    target: "b",
    cause: "400 Refused, MANIFEST_INVALID",
  });
  expect(remedy(new KsoError("verify", "the bundle has other bytes"))).toBeUndefined();
  expect(remedy(new KsoError("remote", "read back from the registry, it is not there"))).toBe(again);
});
