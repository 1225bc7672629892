// Where an upload goes on, as a registry says it.
import { expect, test } from "bun:test";
import { locationOf } from "../../src/oci/upload-session.ts";

test("an upload that would leave TLS is refused, with what to do about it", () => {
  const answer = {
    status: 202,
    url: "https://registry.site/v2/a/blobs/uploads/",
    headers: new Headers({ location: "http://registry.site/v2/a/blobs/uploads/1" }),
    bytes: async () => new Uint8Array(),
    cancel: async () => undefined,
  };
  expect(() => locationOf(answer)).toThrow("X-Forwarded-Proto");
  expect(locationOf({ ...answer, headers: new Headers({ location: "/v2/a/blobs/uploads/1?x=%2F" }) })).toBe(
    "https://registry.site/v2/a/blobs/uploads/1?x=%2F",
  );
});
