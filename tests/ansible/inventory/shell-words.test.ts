// Lines as a shell splits them.
import { expect, test } from "bun:test";
import { splitShellWords } from "../../../src/ansible/inventory/shell-words.ts";

test.each<[string, string[] | undefined]>([
  ["n1 a=1  b=2", ["n1", "a=1", "b=2"]],
  [`n1 a='x y' b="p \\"q\\" r"`, ["n1", "a=x y", 'b=p "q" r']],
  ["n1 a=x\\ y#comment", ["n1", "a=x y"]],
  [`a='' "" end\\`, ["a=", "", "end"]],
  [`n1 a="'" b='"'`, ["n1", "a='", 'b="']],
  ["n1 a='open", undefined],
  ['n1 "open\\"', undefined],
  ["", []],
])("%s", (line, words) => {
  expect(splitShellWords(line)).toEqual(words);
});
