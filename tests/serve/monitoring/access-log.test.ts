import { expect, test } from "bun:test";
import { formatRecord } from "../../../src/serve/monitoring/access-log.ts";
import type { RequestRecord } from "../../../src/serve/monitoring/request-record.ts";

const one: RequestRecord = {
  receivedAt: Date.UTC(2026, 10, 25, 2, 13, 14, 567),
  duration: 12.345,
  listener: "files",
  client: "10.0.0.7",
  method: "GET",
  target: "/k8s/dl.k8s.io/kubelet?x=1",
  status: 206,
  bytes: 1000,
  agent: "curl/8.5.0",
};
const hostile = '" 200 1\r\n10.0.0.1 - root [now] "GET /\u001b[2J\u009b31m\u2028\u202e \\ \u007f';

test("plain is the combined log format, followed by seconds and listener", () => {
  expect(formatRecord("plain", one)).toBe(
    '10.0.0.7 - - [25/Nov/2026:02:13:14 +0000] "GET /k8s/dl.k8s.io/kubelet?x=1 HTTP/1.1" 206 1000 "-" "curl/8.5.0" 0.012 files',
  );
  expect(formatRecord("plain", { ...one, user: "ops team", agent: "" })).toContain(
    "10.0.0.7 - ops\\u0020team [25/Nov/2026:02:13:14 +0000] ",
  );
});

test("json has every field, and the user only where there was one", () => {
  expect(JSON.parse(formatRecord("json", one))).toEqual({
    time: "2026-11-25T02:13:14.567Z",
    listener: "files",
    client: "10.0.0.7",
    method: "GET",
    target: "/k8s/dl.k8s.io/kubelet?x=1",
    status: 206,
    bytes: 1000,
    seconds: 0.012,
    agent: "curl/8.5.0",
  });
  expect(JSON.parse(formatRecord("json", { ...one, user: "ops" })).user).toBe("ops");
});

test.each(["plain", "json"] as const)(
  "%s: what a client sends ends no line, closes no quote and steers no terminal",
  (format) => {
    for (const field of ["target", "agent", "user", "method"] as const) {
      const line = formatRecord(format, { ...one, [field]: hostile });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      if (format === "json") expect(JSON.parse(line)[field]).toBe(hostile);
      else
        expect(line).toMatch(
          /^10\.0\.0\.7 - \S+ \[[^\]]+\] "(?:[^"\\]|\\.)*" 206 1000 "-" "(?:[^"\\]|\\.)*" 0\.012 files$/,
        );
    }
  },
);

test("a long target is cut", () => {
  expect(formatRecord("plain", { ...one, target: `/${"a".repeat(1 << 20)}` }).length).toBeLessThan(5000);
});
