// Image names as people type them, completed as Docker would.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import {
  formatReference,
  isRepository,
  normalizeReference,
  parseReference,
  pinnedImage,
} from "../../src/core/reference.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.28", "docker.io/library/nginx:1.28"],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ["rancher/k3s", "docker.io/rancher/k3s:latest"],
  ["docker.io/nginx:1", "docker.io/library/nginx:1"],
  ["index.docker.io/a/b:1", "docker.io/a/b:1"],
  ["localhost/a", "localhost/a:latest"],
  ["localhost:5000/a", "localhost:5000/a:latest"],
  [`host:5000/a/b:tag@${digest}`, `host:5000/a/b:tag@${digest}`],
  ["Host/a", "Host/a:latest"],
  ["[::1]:5000/a/b:1", "[::1]:5000/a/b:1"],
  ["[fe80::1]/a", "[fe80::1]/a:latest"],
  ["quay.io/a__b/c-d.e_f:V1_", "quay.io/a__b/c-d.e_f:V1_"],
  ["a:5000", "docker.io/library/a:5000"],
])("%s is %s", (text, full) => {
  expect(formatReference(normalizeReference(text))).toBe(full);
});

test.each([
  ["", "its repository"],
  ["Nginx", "must be lower case"],
  ["quay.io/Org/app:1", "must be lower case"],
  ["nginx:", "its tag"],
  [`nginx:${"a".repeat(129)}`, "its tag"],
  [`quay.io/${"a/".repeat(130)}a`, "its repository"],
  ["nginx@sha256:abc", "what follows @ is not a digest"],
  [`nginx@${digest}@${digest}`, "what follows @ is not a digest"],
  ["quay.io/../etc/passwd", "its repository"],
  ["quay.io//a", "its repository"],
  ["quay.io/a/", "its repository"],
  ["quay.io:99999/a", "its host"],
  ["-quay.io/a", "its host"],
  ["[::1/a", "its host"],
  ["https://quay.io/a", "its host"],
  ["quay.io/a b", "its repository"],
  ["quay.io/a\n", "its repository"],
  [hex, "an image id"],
])("%p is refused", (text, why) => {
  expect(() => normalizeReference(text)).toThrow(why);
});

test("the longest repository has 255 characters", () => {
  expect([255, 256].map((length) => isRepository("a".repeat(length)))).toEqual([true, false]);
});

test.each([
  [`quay.io/a/b:v1@${digest}`, "quay.io/a/b:v1"],
  [`quay.io/a/b@${digest}`, "quay.io/a/b:digest-0123456789ab"],
  [`[::1]:5000/a:B@${digest}`, "[::1]:5000/a:B"],
  [`localhost:5000/a:1@${digest}`, "localhost:5000/a:1"],
])("%s is pinned", (text, image) => {
  expect(pinnedImage(text)).toEqual({ image, digest: digest as `sha256:${string}` });
});

test("an image is full without a digest too; a pin is sha256, and no tag may be empty", () => {
  expect(pinnedImage("quay.io/a:1")).toEqual({ image: "quay.io/a:1" });
  const sha512 = `sha512:${hex}${hex}`;
  for (const text of [
    "quay.io/a",
    `quay.io/a:@${digest}`,
    `a:1@${digest}`,
    `quay.io/a:1@${sha512}`,
    "quay.io/a:1@",
    `quay.io/A:1@${digest}`,
  ])
    expect(pinnedImage(text)).toBeUndefined();
});

test.each(["nginx", "nginx:1", "quay.io/a", "/a:1", "quay.io/:1", "", "quay.io:99999/a:1", "-a.io/b:1", "[::1/a:1"])(
  "%p is no full name",
  (text) => {
    expect(() => parseReference(text)).toThrow();
  },
);

const part = fc.stringMatching(/^[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
const repository = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const host = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,3}(:[1-9][0-9]{0,3})?$/),
  fc.stringMatching(/^[a-z0-9]{1,8}:[1-9][0-9]{0,3}$/),
  fc.constantFrom("localhost", "[::1]", "[::1]:5000"),
);
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/);

test("a full name stays as it is, and both ways of reading agree on it", () => {
  fc.assert(
    fc.property(host, repository, tag, fc.boolean(), (host, repository, tag, pinned) => {
      const text = `${host}/${repository}:${tag}`;
      const name = normalizeReference(pinned ? `${text}@${digest}` : text);
      expect(name).toEqual({ host, repository, tag, ...(pinned && { digest: digest as `sha256:${string}` }) });
      expect(formatReference(name)).toBe(pinned ? `${text}@${digest}` : text);
      expect(parseReference(text)).toEqual({ host, repository, tag });
    }),
  );
});

test("any text is completed to a name that stays as it is, or refused with a KsoError", () => {
  const near = fc.string({ unit: fc.constantFrom(..."aA0.-_:/@[]".split(""), "docker.io/", digest), maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      try {
        const full = formatReference(normalizeReference(text));
        expect(formatReference(normalizeReference(full))).toBe(full);
        // Two dots may end a tag; a path never climbs.
        expect(full).not.toMatch(/\s|(?:^|\/)\.{1,2}(?:\/|$)/);
      } catch (thrown) {
        if (!(thrown instanceof KsoError)) throw thrown;
      }
    }),
  );
});
