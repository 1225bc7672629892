// index.yaml: written, added to one that is there, and checked. Its fields are those of https://helm.sh/docs/topics/chart_repository/.
import { expect, test } from "bun:test";
import { parse } from "yaml";
import { chartsMissing, formatIndex, indexFault, mergeIndex } from "../../src/charts/index-file.ts";
import type { ChartRepository } from "../../src/charts/repository.ts";

const digest = "a".repeat(64);
const repository = (...versions: readonly string[]): ChartRepository => ({
  folder: "h.example",
  path: "h.example/index.yaml",
  charts: versions.map((version) => ({
    apiVersion: "v2",
    name: "web",
    version,
    description: "it says: \u001b[1m\nno",
    digest,
    urls: [`web-${version}.tgz`],
  })),
});

test("an index has what Helm asks for, texts stay texts, and it is the same every time", () => {
  const text = formatIndex(repository("1.30", "1.0.0"));
  expect(text).toBe(formatIndex(repository("1.30", "1.0.0")));
  expect(parse(text)).toEqual({
    apiVersion: "v1",
    entries: {
      web: ["1.30", "1.0.0"].map((version) => ({
        apiVersion: "v2",
        created: "1970-01-01T00:00:00Z",
        description: "it says: \u001b[1m\nno",
        digest,
        name: "web",
        urls: [`web-${version}.tgz`],
        version,
      })),
    },
    generated: "1970-01-01T00:00:00Z",
  });
  expect(text).toContain('version: "1.30"');
  expect(text).not.toContain("\u001b");
});

test("an index that is there keeps what else it lists", () => {
  const theirs = `apiVersion: v1
entries:
  db:
    - name: db
      version: 2.0.0
      urls: [https://elsewhere.example/db-2.0.0.tgz]
      home: https://db.example
  web:
    - {name: web, version: 1.0.0, urls: [old.tgz]}
    - {name: web, version: 0.9.0, urls: [web-0.9.0.tgz]}
`;
  const merged = mergeIndex(theirs, repository("1.0.0"));
  const { entries } = parse(merged ?? "");
  expect(entries.db[0]).toMatchObject({ home: "https://db.example", version: "2.0.0" });
  expect(entries.web.map(({ version, urls }: { version: string; urls: string[] }) => [version, urls[0]])).toEqual([
    ["1.0.0", "web-1.0.0.tgz"],
    ["0.9.0", "web-0.9.0.tgz"],
  ]);
  // Once more changes nothing.
  expect(mergeIndex(merged ?? "", repository("1.0.0"))).toBe(merged);
  expect(mergeIndex(formatIndex(repository("1.0.0")), repository("1.0.0"))).toBe(formatIndex(repository("1.0.0")));
});

test.each(["<html>404</html>", "", "a: [", "entries: [1]", "entries: 3", "- entries"])("%p is no index", (text) => {
  expect(mergeIndex(text, repository("1.0.0"))).toBeUndefined();
  expect(chartsMissing(text, repository("1.0.0"))).toBeUndefined();
  expect(indexFault(text, repository("1.0.0"))).toBe("it is no index of a chart repository");
});

test("the charts that an index lacks are named", () => {
  expect(chartsMissing(formatIndex(repository("1.0.0")), repository("1.0.0", "2.0.0"))).toEqual(["web 2.0.0"]);
  expect(chartsMissing("entries: {web: 3}", repository("1.0.0"))).toEqual(["web 1.0.0"]);
  expect(chartsMissing(formatIndex(repository("1.0.0")), repository("1.0.0"))).toEqual([]);
});

test("a bundle's index lists the bundle's charts and no others", () => {
  const ours = repository("1.0.0");
  const text = formatIndex(ours);
  expect(indexFault(text, ours)).toBeUndefined();
  expect(indexFault(text, repository("2.0.0"))).toBe("it does not list web 2.0.0");
  const other = "what it lists as web 1.0.0 is not the bundle's chart";
  expect(indexFault(text.replace("web-1.0.0.tgz", "http://evil.example/web-1.0.0.tgz"), ours)).toBe(other);
  expect(indexFault(text.replace(digest, "b".repeat(64)), ours)).toBe(other);
  const differs = "it says other things of the bundle's charts than they do themselves";
  expect(indexFault(text.replace('"v2"', '"v1"'), ours)).toBe(differs);
  expect(indexFault(`${text}serverInfo: { contextPath: "/evil" }\n`, ours)).toBe(differs);
  const more = formatIndex(repository("1.0.0", "0.1.0"));
  expect(indexFault(more, ours)).toBe("what it lists as web 0.1.0 is not the bundle's chart");
});
