// Random templates of a wanted type, over variables of known types: what people write in inventories.
import type { Dice } from "./dice.ts";

/** Whether KSO_WIDE=1 asks for the forms in which kso and Ansible are known to differ here and there, too. */
export const isWide: boolean = process.env["KSO_WIDE"] === "1";

/** The type of a variable or an expression. */
export type Type = "text" | "list" | "dict" | "flag" | "number";

/** The variables and their types. A value names only those before it, so that circles are rare. */
export const variables: readonly (readonly [name: string, type: Type])[] = [
  ["s1", "text"],
  ["l1", "list"],
  ["d1", "dict"],
  ["b1", "flag"],
  ["i1", "number"],
  ["s2", "text"],
  ["l2", "list"],
  ["d2", "dict"],
  ["b2", "flag"],
  ["i2", "number"],
  ["s3", "text"],
  ["s4", "text"],
];

/** Forms that only a wide run writes. */
function wider<T>(forms: readonly T[]): readonly T[] {
  return isWide ? forms : [];
}

/** Writes expressions; inside they quote with `'` alone, so that a line of an INI file can hold them. */
export class Expressions {
  readonly #dice: Dice;
  readonly #rank: number;
  #depth = 0;
  /** `rank`: variables from that place on are not named. */
  constructor(dice: Dice, rank: number) {
    this.#dice = dice;
    this.#rank = rank;
  }

  /** A template whose value has that type, or is text that looks like it. */
  template(type: Type): string {
    if (type === "text" && this.#dice.chance(0.35)) return this.#statements();
    if (type === "text" && this.#dice.chance(0.25)) return `${this.#word()}-{{ ${this.of("text")} }}`;
    return `{{ ${this.of(type)} }}`;
  }

  /** An expression of that type. */
  of(type: Type): string {
    if (this.#depth > 3 || this.#dice.chance(0.2)) return this.#simple(type);
    this.#depth++;
    const text = this.#dice.pick(this.#forms[type])();
    this.#depth--;
    return text;
  }

  /** A variable of that type, or a literal. */
  #simple(type: Type): string {
    const before = variables.slice(0, this.#rank).flatMap(([name, other]) => (other === type ? [name] : []));
    if (before.length > 0 && this.#dice.chance(0.65)) return this.#dice.pick(before);
    if (type === "text" && this.#dice.chance(0.3))
      return this.#dice.pick([
        "inventory_hostname",
        "kube_version",
        "container_manager",
        "image_arch",
        "ansible_architecture",
      ]);
    return this.#literal(type);
  }

  #literal(type: Type): string {
    const literals: Readonly<Record<Type, readonly string[]>> = {
      text: [
        "'a'",
        "'v1.20.3'",
        "''",
        "'A-b_c'",
        "'x.y.z'",
        "'10.0.0.1'",
        "'[1, 2]'",
        "'True'",
        "'é'",
        "'yes'",
        "'1.30'",
      ],
      list: [
        "[]",
        "['a', 'b']",
        "[1, 2, 3]",
        "['b', 'a', 'B']",
        "[['a'], 'b']",
        "groups['kube_node'] | default([])",
        "group_names",
      ],
      dict: ["{}", "{'a': 1}", "{'k': 'v', 'b': [1]}", "{'a': {'b': 'c'}}", "{1: 'one', '1': 'text'}"],
      flag: ["true", "false", "True", "not false"],
      number: ["0", "1", "42", "-7", "1.5", "7 // 2", "7 % 3", "2 ** 5"],
    };
    return this.#dice.pick(literals[type]);
  }

  /** A variable before this one, of any type, or one that nothing sets. */
  #name(type?: Type): string {
    const before = variables.slice(0, this.#rank).flatMap(([name, other]) => (!type || other === type ? [name] : []));
    return this.#dice.pick([...before, "missing"]);
  }

  #group(): string {
    return this.#dice.pick(["etcd", "kube_node", "all", "site_a", "none", "k8s_cluster"]);
  }

  #word(): string {
    return this.#dice.pick(["a", "https://x.test/y", "v1", "x_y", "10.0.0.1:5000"]);
  }

  readonly #forms: Readonly<Record<Type, readonly (() => string)[]>> = {
    text: [
      () => `(${this.of("text")} ~ ${this.of("number")})`,
      () => `(${this.of("text")} + ${this.of("text")})`,
      () =>
        `${this.of("text")} | ${this.#dice.pick(["upper", "lower", "trim", "title", "capitalize", "string", "b64encode", "length", "quote"])}`,
      () => `${this.#name("text")} | default(${this.of("text")})`,
      () => `${this.of("text")} | default(${this.of("text")}, true)`,
      () => `(${this.of("text")} if ${this.of("flag")} else ${this.of("text")})`,
      () => `(${this.of("flag")}) | ternary(${this.of("text")}, ${this.of("text")})`,
      () => `${this.of("text")} | replace('a', ${this.of("text")})`,
      () =>
        `${this.of("text")} | regex_replace('${this.#dice.pick(["^v", "[0-9]+", "(.)\\\\.", "a|b", "\\\\.\\\\d+$"])}', '${this.#dice.pick(["", "x", "-"])}')`,
      () => `(${this.of("text")}).split('${this.#dice.pick([".", "-", "a"])}')[${this.#dice.pick(["0", "-1"])}]`,
      () => `(${this.of("text")})[${this.#dice.pick(["1:", ":2", "::-1", ":-1", "0"])}]`,
      () => `${this.of("list")} | join('${this.#dice.pick([",", "-", ""])}')`,
      () => `${this.of("list")} | ${this.#dice.pick(["first", "last"])} | default('none')`,
      () => `(${this.of("dict")}).${this.#dice.pick(["a", "k", "get('a', 'x')", "get('q')"])} | default('none')`,
      () => `(${this.of("dict")})['${this.#dice.pick(["a", "k"])}'] | default('none')`,
      () =>
        `hostvars[inventory_hostname].${this.#dice.pick([this.#name("text"), "ansible_architecture", "inventory_hostname"])} | default('none')`,
      () =>
        `hostvars[groups['kube_control_plane'][0]]['${this.#dice.pick([this.#name(), this.#name(), "inventory_hostname"])}'] | default('none')`,
      () => `lookup('vars', '${this.#name("text")}', default=${this.of("text")})`,
      ...wider([
        () =>
          `(${this.of("text")} | ${this.#dice.pick(["regex_search('[a-z]+')", "regex_findall('[0-9a]') | join('+')", "regex_escape", "basename", "dirname", "b64encode | b64decode", "to_json", "indent(2)", "reverse"])})`,
        () => `(${this.of(this.#dice.pick(["list", "dict", "number", "flag"]))} | to_json)`,
        () =>
          `(groups['${this.#group()}'] | default([]) | map('extract', hostvars, '${this.#name("text")}') | select('defined') | join(','))`,
        () => `(${this.of("list")} | map('string') | join('-') | replace('[', ''))`,
        () => `(${this.#name()} | default(${this.of("number")}, true) | string)`,
      ]),
      () => `'%s-%s' | format(${this.of("text")}, ${this.of("number")})`,
      () => `group_names | ${this.#dice.pick(["join(',')", "sort | first | default('')", "length"])}`,
      () =>
        `(${this.of("text")}).${this.#dice.pick(["upper()", "replace('a', 'b')", "lstrip('v')", "rstrip('0')", "zfill(5)", "title()", "splitlines() | first | default('')"])}`,
    ],
    list: [
      () => `(${this.of("list")} + ${this.of("list")})`,
      () => `${this.of("list")} | map('${this.#dice.pick(["string", "upper", "default", "length"])}') | list`,
      () => `${this.of("list")} | select('${this.#dice.pick(["string", "defined"])}') | list`,
      () =>
        `${this.of("list")} | ${this.#dice.pick(["unique", "flatten", "reverse | list", "list", "map('string') | sort", "sort"])}`,
      () =>
        `${this.of("list")} | ${this.#dice.pick(["union", "intersect", "difference", "symmetric_difference"])}(${this.of("list")})`,
      () => `(${this.of("dict")}).keys() | list`,
      () => `${this.of("dict")} | dict2items | map(attribute='${this.#dice.pick(["key", "value"])}') | list`,
      () => `(${this.of("text")}).split('${this.#dice.pick([".", ","])}')`,
      () => `(${this.of("text")}) | split`,
      () => `range([${this.of("number")} | int | abs, 5] | min) | list`,
      () => `${this.of("list")} | zip(${this.of("list")}) | list`,
      () => `(${this.of("list")})[${this.#dice.pick(["1:", ":1", "::-1"])}]`,
      () => `${this.of("dict")} | dictsort`,
      () => `groups['${this.#dice.pick(["etcd", "kube_node", "all", "site_a", "none"])}'] | default([]) | sort`,
      () => `[${this.of("text")}, ${this.of("number")}]`,
      () => `(${this.of("list")} if ${this.of("flag")} else ${this.of("list")})`,
      ...wider([
        () => `(groups | dictsort | map('first') | list)`,
        () => `range(${this.#dice.below(3)}, ${this.#dice.below(9)}${this.#dice.pick(["", ", 2", ", -1"])}) | list`,
        () =>
          `(${this.of("list")} | ${this.#dice.pick(["reject('none') | list", "map('int') | list", "min | default('x') | list"])})`,
        () =>
          `([${this.of("dict")}, ${this.of("dict")}] | ${this.#dice.pick(["map(attribute='a') | list", "map(attribute='a', default='x') | list", "selectattr('a', 'defined') | list", "rejectattr('a', 'defined') | map('length') | list"])})`,
      ]),
      () => `query('vars', '${this.#name()}')`,
    ],
    dict: [
      () => `{'a': ${this.of("text")}, 'n': ${this.of("number")}}`,
      () => `${this.of("dict")} | combine(${this.of("dict")})`,
      () =>
        `${this.of("dict")} | combine(${this.of("dict")}, recursive=true${this.#dice.pick(["", ", list_merge='append'"])})`,
      () => `${this.of("dict")} | dict2items | items2dict`,
      () => `dict([['a', ${this.of("text")}]])`,
      ...wider([
        () => `{'a': ${this.of("list")}, ${this.of("text")}: ${this.of("flag")}}`,
        () => `([${this.of("dict")}, ${this.of("dict")}] | combine)`,
        () => `dict(['a', 'k'] | zip(${this.of("list")}))`,
        () =>
          `${this.of("dict")} | dict2items(key_name='n', value_name='v') | items2dict(key_name='n', value_name='v')`,
      ]),
      () => `(${this.of("dict")} if ${this.of("flag")} else ${this.of("dict")})`,
      () => `${this.of("dict")} | dict2items | selectattr('key', 'string') | items2dict`,
    ],
    flag: [
      () => `(${this.of("text")} ${this.#dice.pick(["==", "!="])} ${this.of("text")})`,
      () => `(${this.of("number")} ${this.#dice.pick(["<", "<=", ">", ">=", "==", "!="])} ${this.of("number")})`,
      () => `(${this.of("text")} ${this.#dice.pick(["in", "not in"])} ${this.of("list")})`,
      () => `(${this.#name()} is ${this.#dice.pick(["defined", "not defined", "undefined"])})`,
      () =>
        `('${this.#dice.pick(["1.20.3", "v1.9", "1.10"])}' is version('1.10', '${this.#dice.pick([">=", "<", "==", "gt"])}'))`,
      () => `(not ${this.of("flag")})`,
      () => `(${this.of("flag")} ${this.#dice.pick(["and", "or"])} ${this.of("flag")})`,
      () => `(${this.of("text")} | bool)`,
      () => `(inventory_hostname in groups['${this.#dice.pick(["etcd", "kube_node", "site_a"])}'] | default([]))`,
      () => `(${this.of("text")} is ${this.#dice.pick(["match('^[av]')", "search('1')", "string", "none"])})`,
      () => `(${this.of("list")} | length > ${this.#dice.below(3)})`,
      () =>
        `(${this.of("list")} is ${this.#dice.pick(["any", "all", "sequence", "iterable", "contains('a')", "subset(['a', 'b', 'c'])"])})`,
      () => `('${this.#dice.pick(["a", "k"])}' in ${this.of("dict")})`,
    ],
    number: [
      () => `(${this.of("number")} ${this.#dice.pick(["+", "-", "*"])} ${this.of("number")})`,
      () => `(${this.of("list")} | length)`,
      () => `(${this.of("text")} | int)`,
      ...wider([
        () => `([${this.of("number")}, ${this.of("number")}] | sum)`,
        () => `(${this.of("list")} | map('int') | sum${this.#dice.pick(["", "(start=5)"])})`,
        () => `(groups['${this.#group()}'] | default([]) | length)`,
      ]),
      () => `(${this.of("text")} | ${this.#dice.pick(["length", "float", "int(3)", "int(base=16)"])})`,
      () => `(${this.of("number")} | ${this.#dice.pick(["abs", "round", "int", "float", "round(1)", "string | int"])})`,
      () => `([${this.of("number")}, ${this.of("number")}] | ${this.#dice.pick(["min", "max"])})`,
      () => `(${this.of("number")} if ${this.of("flag")} else ${this.of("number")})`,
    ],
  };

  /** A template with statements. */
  #statements(): string {
    const dash = (): string => (this.#dice.chance(0.4) ? "-" : "");
    const tag = (text: string): string => `{%${dash()} ${text} ${dash()}%}`;
    const space = (): string => this.#dice.pick(["", " ", "  "]);
    const print = (type: Type): string => `{{${dash()} ${this.of(type)} ${dash()}}}`;
    return this.#dice.pick([
      () =>
        `${tag(`if ${this.of("flag")}`)}${space()}${print("text")}${tag(`elif ${this.of("flag")}`)}b${tag("else")} c${tag("endif")}`,
      () =>
        `${tag(`for item in ${this.of("list")}`)}${space()}{{ item }}${tag("if not loop.last")},${tag("endif")}${tag("endfor")}`,
      () =>
        `${tag(`for key, value in (${this.of("dict")}).items()`)}{{ loop.index }}:{{ key }}={{ value }};${tag("endfor")}`,
      () => `${tag(`set q = ${this.of("text")}`)}${space()}x{{ q }}`,
      () => `{#${dash()} a comment ${dash()}#}${space()}${print("text")}`,
      () => `${print("text")}${space()}${print("number")}`,
      () =>
        `${tag(`for item in ${this.of("list")} if item is string`)}{{ loop.index0 }}{{ item | upper }}${tag("else")}none${tag("endfor")}`,
      () =>
        `{% set ns = namespace(found='') %}{% for item in ${this.of("list")} %}{% set ns.found = item %}{% endfor %}{{ ns.found }}`,
      () => `{% macro m(a, b='x') %}{{ a }}/{{ b }}{% endmacro %}{{ m(${this.of("text")}) }}`,
      () => `[{% for item in ${this.of("list")} %}'{{ item }}',{% endfor %}]`,
      ...wider([
        () =>
          `{% raw %}${this.#dice.pick(["{{ inventory_hostname }}", "{# x #}", "a\\b", " x "])}{% endraw %}${this.#dice.pick(["", print("text")])}`,
        () =>
          `${tag(`for host in groups['${this.#group()}'] | default([]) | sort`)}{{ hostvars[host].${this.#name()} | default('x') }};${tag("endfor")}`,
        () => `{% set w %}${print("text")}{% endset %}{{ w | default(s1) }}`,
        () =>
          `{% filter ${this.#dice.pick(["upper", "trim", "replace('a', 'b')"])} %}${print("text")} a{% endfilter %}`,
      ]),
    ])();
  }
}
