import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseContentRange, parseRetryAfter, validatorOf } from "../../src/http/ranges.ts";

test("Content-Range: what is written comes back; what contradicts itself does not", () => {
  const ordered = fc.array(fc.maxSafeNat(), { minLength: 3, maxLength: 3 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(ordered, fc.boolean(), ([start, end, last], open) => {
      const total = open || (last as number) <= (end as number) ? undefined : last;
      const text = `bytes ${start}-${end}/${total ?? "*"}`;
      expect(parseContentRange(text)).toEqual({ start, end, total } as never);
      expect(parseContentRange(`bytes ${start}-${end}/${end}`)).toBeUndefined();
      if (start !== end) expect(parseContentRange(`bytes ${end}-${start}/*`)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const range = parseContentRange(text);
      expect(range === undefined || /^bytes /i.test(text.trim())).toBeTrue();
    }),
  );
  expect(parseContentRange("bytes */10")).toEqual({ start: undefined, end: undefined, total: 10 });
  for (const text of ["bytes */*", "bytes 1-2", "bytes -1-2/3", "items 1-2/3", `bytes 0-1/${"9".repeat(30)}`, null])
    expect(parseContentRange(text)).toBeUndefined();
});

test("Retry-After: seconds and dates; anything else is nothing", () => {
  const day = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(day, day, (then, now) => {
      const whole = Math.floor(then.getTime() / 1000) * 1000;
      expect(parseRetryAfter(then.toUTCString(), now.getTime())).toBe(Math.max(0, whole - now.getTime()));
    }),
  );
  fc.assert(fc.property(fc.nat(), (seconds) => expect(parseRetryAfter(` ${seconds} `, 5)).toBe(seconds * 1000)));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = parseRetryAfter(text, 0);
      expect(ms === undefined || ms >= 0).toBeTrue();
    }),
  );
  for (const text of ["-1", "1.5", "soon", "Tue, 24 Nov 2026", "", null])
    expect(parseRetryAfter(text, 0)).toBeUndefined();
});

test("a validator is a strong ETag, or else Last-Modified", () => {
  const lastModified = "Tue, 24 Nov 2026 03:44:32 GMT";
  expect(validatorOf(new Headers({ etag: '"a"', "last-modified": lastModified }))).toBe('"a"');
  expect(validatorOf(new Headers({ etag: 'W/"a"', "last-modified": lastModified }))).toBe(lastModified);
  expect(validatorOf(new Headers({ etag: "bare" }))).toBeUndefined();
});
