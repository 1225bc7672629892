// key=value pairs. The expected ones are what ansible-core 2.14's parse_kv makes of the same texts.
import { expect, test } from "bun:test";
import { keyValues } from "../../src/ansible/key-values.ts";

test.each<[string, [string, string][]]>([
  ["a=1", [["a", "1"]]],
  [
    "a=1 b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ],
  [
    "a=1\nb=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ],
  [
    "a='x y' b=\"z\"",
    [
      ["a", "x y"],
      ["b", "z"],
    ],
  ],
  [
    "a={{ b }} c={{ d | default('x y') }}",
    [
      ["a", "{{ b }}"],
      ["c", "{{ d | default('x y') }}"],
    ],
  ],
  ["a='{{ b }}'", [["a", "{{ b }}"]]],
  ["a=b=c", [["a", "b=c"]]],
  ["a=", [["a", ""]]],
  ["a=\\n", [["a", ""]]],
  ["a=x\\ny", [["a", "x\ny"]]],
  ["a=\\x41\\u00e9", [["a", "Aé"]]],
  ['a="b', []],
])("%j", (text, pairs) => {
  const read = keyValues(text);
  expect(read?.pairs ?? []).toEqual(pairs);
  expect(read?.strays ?? []).toEqual([]);
});

test("words that are no pair are given back; what does not close is nothing", () => {
  expect(keyValues("a=1 word")?.strays).toEqual(["word"]);
  expect(keyValues("a={% if x %} y {% endif %}")?.strays).toEqual(["y", "{% endif %}"]);
  expect(keyValues('a="b')).toBeUndefined();
  expect(keyValues("a={{ b")).toBeUndefined();
});

test("a long text takes the time of its length", () => {
  const start = performance.now();
  for (const part of ["a\\=", "\\", "a b ", "{{", '"', "=\\"]) keyValues(part.repeat(100_000));
  expect(performance.now() - start).toBeLessThan(3000);
});
