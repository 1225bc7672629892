// Jinja's tests on what is undefined and on sets: values of ansible-core 2.14.18.
import { expect, test } from "bun:test";
import { EvaluationBudget } from "../../../src/ansible/jinja/budget.ts";
import { Templar } from "../../../src/ansible/jinja/templar.ts";

const evaluated = (expression: string): unknown =>
  new Templar(() => undefined, new EvaluationBudget()).expression(expression);

test.each(["sequence", "mapping", "string", "number", "boolean", "integer", "float", "none", "true", "false"])(
  "what is undefined is not %s",
  (name) => {
    expect(evaluated(`nobody is ${name}`)).toBe(false);
  },
);

test.each<[string, unknown]>([
  ["'a' is subset('abc')", true],
  ["{'a': 1} is subset(['a'])", true],
  ["['a', 'b'] is superset(['b'])", true],
  ["['a', 'b'] is subset(['b'])", false],
  ["[nobody] | length", "1"],
  ["true | round", "1"],
  ["2.5 | round", "2.0"],
])("%s", (expression, expected) => {
  expect(evaluated(expression)).toEqual(expected);
});

test.each([
  ["[[1]] is subset([1])", "unhashable type: 'list'"],
  ["[1] is superset([{}])", "unhashable type: 'dict'"],
  ["none is subset([1])", "not iterable"],
  ["'5' | round", "takes a number, not str"],
  ["none | round", "takes a number"],
  ["nobody is iterable", "'nobody' is undefined"],
])("%s has no value", (expression, reason) => {
  expect(() => evaluated(expression)).toThrow(reason);
});

test("something undefined inside a list is printed as such", () => {
  expect(evaluated("'x' ~ [nobody]")).toBe("x[AnsibleUndefined('nobody' is undefined)]");
});
