// Facts that only a running host has: unknown, which is neither undefined nor the default that a template has for an undefined name.
import { expect, test } from "bun:test";
import { hostTemplar } from "../../src/ansible/host-variables.ts";
import { TemplateFailure } from "../../src/ansible/jinja/failure.ts";
import { Dict, type PythonValue } from "../../src/ansible/jinja/values.ts";

const set = (values: Readonly<Record<string, PythonValue>>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, from: "test" }]));

/** The templates of a host that the inventory says these things of. */
function templarFor(variables: Readonly<Record<string, PythonValue>>) {
  const host = { name: "n1", groups: ["kube_node"], sources: [set(variables)] };
  const inventory = { hosts: [host], groups: new Map([["all", ["n1"]]]), encrypted: [] };
  return hostTemplar({ defaults: [], vars: [], setFacts: [] }, { inventory, host, machine: "aarch64" });
}

function failureOf(template: string, variables: Readonly<Record<string, PythonValue>> = {}): TemplateFailure {
  try {
    templarFor(variables).template(template);
  } catch (thrown) {
    if (thrown instanceof TemplateFailure) return thrown;
    throw thrown;
  }
  throw new Error(`${template} has a value`);
}

test.each([
  "{{ ansible_env.HOME }}",
  "{{ ansible_env.HOME | default('/root') }}",
  "{{ ansible_hostname | default('x', true) }}",
  "{{ ansible_default_ipv4['address'] | d('127.0.0.1') }}",
  "{{ ansible_memtotal_mb > 1000 }}",
  "{{ 'a' if ansible_os_family == 'Debian' else 'b' }}",
  "{{ [ansible_distribution] }}",
  "{% if ansible_eth0 %}x{% endif %}",
  "{{ ansible_facts['env']['HOME'] }}",
  "{{ ansible_facts.distribution | default('x') }}",
  "{{ hostvars['n1']['ansible_hostname'] | default('') }}",
  "{{ hostvars['n1'].get('ansible_hostname', '') }}",
  "{{ hostvars.n1.ansible_default_ipv4.address | default('127.0.0.1') }}",
  "{{ ansible_default_ipv4.address is defined }}",
  "{{ lookup('vars', 'ansible_fqdn', default='x') }}",
])("%s is unknown", (template) => {
  expect(failureOf(template)).toMatchObject({
    kind: "fact",
    message: expect.stringContaining("only a running host has"),
  });
});

test.each<[string, PythonValue]>([
  ["{{ ansible_env is defined }}", true],
  ["{{ ansible_hostname is undefined }}", false],
  ["{{ hostvars['n1']['ansible_hostname'] is defined }}", true],
  ["{{ ansible_architecture }}", "aarch64"],
  ["{{ ansible_facts['architecture'] }}", "aarch64"],
  ["{{ ansible_facts.userspace_bits }}", "64"],
  // What decides without the fact is known.
  ["{{ false and ansible_hostname }}", false],
  ["{{ 'a' if true else ansible_hostname }}", "a"],
  // What is named like one and is none stays undefined.
  ["{{ ansible_user | default('me') }}", "me"],
  ["{{ ansible_ssh_host is defined }}", false],
])("%s is known", (template, value) => {
  expect(templarFor({}).template(template)).toEqual(value);
});

test("a variable that rests on a fact says which, and through which variables", () => {
  const variables = { home: "{{ ansible_env.HOME }}", folder: "{{ home }}/releases" };
  expect(failureOf("{{ folder | default('/tmp') }}", variables).message).toBe(
    "folder: home: it needs the fact ansible_env, which only a running host has",
  );
});

test("what an inventory says of a host is known", () => {
  expect(templarFor({ ansible_distribution: "Rocky" }).template("{{ ansible_distribution }}")).toBe("Rocky");
  const stated = { ansible_facts: new Dict([["distribution", "Rocky"]]) };
  expect(templarFor(stated).template("{{ ansible_facts.distribution }} {{ ansible_facts.architecture }}")).toBe(
    "Rocky aarch64",
  );
  expect(failureOf("{{ ansible_facts.env | default('x') }}", stated).kind).toBe("fact");
});
