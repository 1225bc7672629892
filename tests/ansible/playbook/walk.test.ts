// Every task that plays reach, with the roles, conditions, variables and loops around it.
import { expect, test } from "bun:test";
import { openFolder } from "../../../src/ansible/folder.ts";
import { playsOf } from "../../../src/ansible/playbook/plays.ts";
import { fileOf, type TaskOccurrence, tasksOfPlays } from "../../../src/ansible/playbook/walk.ts";
import { plant, type Tree } from "../../support/checkout.ts";
import { temporary } from "../../support/temp.ts";

/** The tasks of cluster.yml that have `find` in their text. */
function walked(tree: Tree, opaque: readonly string[] = []): readonly TaskOccurrence[] {
  using folder = temporary();
  const root = openFolder(plant(folder.path, tree));
  const plays = playsOf(root, "cluster.yml");
  return [...tasksOfPlays(root, plays, { text: /find/, opaque: new Set(opaque) })].filter(
    ({ task }) => task === undefined || task.module === "find",
  );
}

/** Where a task was found, and its conditions. */
const told = ({ play, roles, conditions, runOnce }: TaskOccurrence): unknown => [
  play.hosts,
  roles.join(" > "),
  conditions.map((condition) =>
    condition.kind === "when" ? condition.when : `${condition.template} = ${condition.name}`,
  ),
  ...(runOnce ? ["once"] : []),
];
const find = "- find: {paths: /}\n";

test("roles of plays, what they depend on, what their tasks include: the conditions of all around count", () => {
  const tree = {
    "cluster.yml": `- import_playbook: books/main.yml
  when: outer
`,
    "books/main.yml": `- hosts: [a, b]
  pre_tasks: [{find: {paths: /}, when: early}]
  roles:
    - {role: one, when: [play, roles]}
    - role: two
  post_tasks: [{find: {}}]
- import_playbook: other.yml
- import_playbook: missing.yml
`,
    "books/other.yml": "- {hosts: c, roles: [once], tags: always}\n- {hosts: d, roles: [one], tags: [never]}\n",
    "roles/one/meta/main.yml": "dependencies:\n  - {role: dep, when: needed}\n  - {role: one}\n",
    "roles/dep/tasks/main.yaml": find,
    "roles/one/tasks/main.yml": `- block:
    - import_tasks: more.yml
  rescue: [{find: {}, when: rescued}]
  when: blocked
- include_role: {name: two, tasks_from: other.yml}
  when: included
  vars: {x: 1}
- {find: {}, tags: [x, never]}
- command: no find here
`,
    "roles/one/tasks/more.yml": `- ansible.builtin.find: {paths: /}
  when: more
`,
    "roles/two/tasks/other.yml": find,
    "roles/two/tasks/main.yml": "- include_tasks: nothing.yml\n- command: nothing\n",
    "roles/once/tasks/main.yml": `- {include_tasks: sub/deep.yml, run_once: true}\n`,
    "roles/once/tasks/sub/deep.yml": `- include_tasks: deeper.yml\n`,
    "roles/once/tasks/sub/deeper.yml": find,
  };
  expect(walked(tree).map(told)).toEqual([
    ["a,b", "", ["outer", "early"]],
    ["a,b", "one > dep", ["outer", "play", "roles", "needed"]],
    ["a,b", "one", ["outer", "play", "roles", "blocked", "more"]],
    ["a,b", "one", ["outer", "play", "roles", "blocked", "rescued"]],
    ["a,b", "one > two", ["outer", "play", "roles", "included"]],
    ["a,b", "", ["outer"]],
    ["c", "once", ["outer"], "once"],
  ]);
});

test("a name that is a template: each file and each role that it could name, on the condition that it does", () => {
  const tree = {
    "cluster.yml": "- {hosts: a, roles: [engine]}\n",
    "roles/engine/tasks/main.yml": `- include_tasks: "install_{{ kind }}.yml"
- include_role: {name: "engine/{{ item.role }}"}
  loop: "{{ engines }}"
- include_tasks: {file: "{{ role_path }}/tasks/plain.yml"}
- include_tasks: "{{ playbook_dir }}/roles/other/tasks/main.yml"
`,
    "roles/engine/tasks/install_host.yml": find,
    "roles/engine/tasks/install_docker.yml": find,
    "roles/engine/tasks/remove_host.yml": find,
    "roles/engine/tasks/plain.yml": find,
    "roles/engine/crio/tasks/main.yml": find,
    "roles/engine/docker/tasks/main.yml": find,
    "roles/other/tasks/main.yml": find,
  };
  const found = walked(tree);
  expect(found.map(told)).toEqual([
    ["a", "engine", ["install_{{ kind }}.yml = install_docker.yml"]],
    ["a", "engine", ["install_{{ kind }}.yml = install_host.yml"]],
    ["a", "engine > engine/crio", ["engine/{{ item.role }} = engine/crio"]],
    ["a", "engine > engine/docker", ["engine/{{ item.role }} = engine/docker"]],
    ["a", "engine", []],
    ["a", "engine", []],
  ]);
  expect(found.map(({ loops }) => loops.length)).toEqual([0, 0, 1, 1, 0, 0]);
  expect(found.map(fileOf).at(-1)).toBe("roles/other/tasks/main.yml");
});

test("what stands around a task: variables, loops, results and facts of the tasks before it", () => {
  const tree = {
    "cluster.yml": "- {hosts: a, vars: {p: 1}, roles: [{role: r, vars: {v: 1}, skip_downloads: true}]}\n",
    "roles/r/tasks/main.yml": `- {stat: {path: /x}, register: there}
- set_fact: {known: "{{ there.stat.exists }}"}
- find: {}
  vars: {t: 1}
  with_dict: "{{ d }}"
  loop_control: {loop_var: one}
- {command: later, register: late}
`,
  };
  const [found] = walked(tree);
  expect(found?.vars.flatMap((source) => [...source.keys()])).toEqual(["skip_downloads", "v", "t"]);
  expect([...(found?.play.vars.keys() ?? [])]).toEqual(["p"]);
  expect(found?.loops).toEqual([{ variable: "one", over: "{{ d }}" }]);
  expect([...(found?.registered ?? [])]).toEqual([["there", "stat"]]);
  expect(found?.setFacts.map(({ values }) => values.keys())).toEqual([["known"]]);
});

test("a role that is not looked into is named where it is used", () => {
  const tree = {
    "cluster.yml": "- {hosts: a, roles: [{role: fetch, when: wanted}, r]}\n",
    "roles/fetch/tasks/main.yml": find,
    "roles/r/tasks/main.yml": "- include_tasks: ../../fetch/tasks/main.yml\n",
  };
  expect(walked(tree, ["fetch"]).map(told)).toEqual([["a", "fetch", ["wanted"]]]);
});

test.each<[string, Tree]>([
  [
    "roles that depend on each other twice, twenty deep",
    Object.fromEntries(
      Array.from({ length: 20 }, (_, level) => [
        `roles/r${level}/meta/main.yml`,
        `dependencies: [{role: r${level + 1}}, {role: r${level + 1}, when: again}]\n`,
      ]),
    ),
  ],
  [
    "a file that includes every other one",
    Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `roles/r0/tasks/${n === 0 ? "main" : `t${n}`}.yml`,
        `- include_tasks: "{{ find }}.yml"\n`.repeat(20),
      ]),
    ),
  ],
])("%s is refused before it takes long", (_, roles) => {
  const start = performance.now();
  expect(() => walked({ "cluster.yml": "- {hosts: a, roles: [r0]}\n", ...roles })).toThrow(
    /Cannot use the plays in \. \(hosts: a\): they reach more than \d+ (?:roles|tasks)/,
  );
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("circles end: a role below itself, a file within itself, playbooks that import each other", () => {
  const tree = {
    "cluster.yml": "- import_playbook: cluster.yml\n- {hosts: a, roles: [r]}\n",
    "roles/r/meta/main.yml": "dependencies: [{role: s}]\n",
    "roles/s/meta/main.yml": "dependencies: [{role: r}]\n",
    "roles/s/tasks/main.yml": `- include_tasks: main.yml\n${find}`,
  };
  expect(walked(tree).length).toBeGreaterThan(0);
});

test("names that lead out of the checkout, and what is no playbook, lead nowhere", () => {
  const tree = {
    "cluster.yml": "- {hosts: a, roles: [../../etc, '{{ r }}', {no: name}, r]}\n- no play\n",
    "roles/r/tasks/main.yml": "- include_tasks: ../../../../../../etc/passwd\n- find\n- {include_role: {name: ../r}}\n",
  };
  expect(walked(tree)).toEqual([]);
});
