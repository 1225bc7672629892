import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseNetrc } from "../../src/http/netrc.ts";

test("netrc: machines, a default, quotes, several lines, macros, comments", () => {
  const find = parseNetrc(`
# machine commented login no password no
machine one.example login me password "a \\"b\\" c"
machine two.example
  login you account unused
  password #notacomment
macdef init
  machine macro.example login no password no

machine one.example login later password later
default login anonymous password guest
`);
  expect(find("ONE.example")).toEqual({ username: "me", password: 'a "b" c' });
  expect(find("two.example")).toEqual({ username: "you", password: "#notacomment" });
  for (const host of ["macro.example", "commented", "elsewhere"])
    expect(find(host)).toEqual({ username: "anonymous", password: "guest" });
  expect(find("elsewhere", "named")).toBeUndefined();
  expect(find("one.example", "named")).toEqual({ username: "me", password: 'a "b" c' });
  expect(parseNetrc("machine a login b password c")("x")).toBeUndefined();
  expect(parseNetrc("machine")("x")).toBeUndefined();
});

test("netrc: any words come back, and no text makes it fail", () => {
  const word = fc.string({ unit: "grapheme-ascii", minLength: 1 });
  const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;
  fc.assert(
    fc.property(word, word, (login, password) => {
      const text = `machine m login ${quoted(login)} password ${quoted(password)}`;
      expect(parseNetrc(text)("m")).toEqual({ username: login, password });
    }),
  );
  fc.assert(fc.property(fc.string(), fc.string(), (text, host) => void parseNetrc(text)(host)));
});
