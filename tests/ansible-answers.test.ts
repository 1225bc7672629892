// Small sites and what ansible-core 2.14 answered (tests/golden/ansible): what random inventories (tests/e2e/ansible.e2e.ts) once
// found to differ. Without Ansible.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnsibleAnswer, Evaluated, EvaluatedDownload } from "./support/ansible/ansible.ts";
import { differences, ownAnswer } from "./support/ansible/evaluation.ts";
import { plantCase, type SiteCase } from "./support/ansible/site-case.ts";
import { golden } from "./support/paths.ts";
import { temporary } from "./support/temp.ts";

interface Golden extends Pick<AnsibleAnswer, "hosts" | "groups"> {
  readonly site: SiteCase;
}

const folder = join(golden, "ansible");

/** An item's fields that have a value, and whether it is downloaded. */
function valuesOf(item: EvaluatedDownload | undefined, fields: readonly string[]): unknown {
  if (!item || !("fields" in item)) return item;
  const values = fields.map((field) => {
    const evaluated = item.fields[field];
    return [field, evaluated && "value" in evaluated ? evaluated.value : "no value"];
  });
  return { ...Object.fromEntries(values), would_download: item.would_download };
}

test.each(readdirSync(folder))("%s", (name) => {
  using place = temporary();
  const { site, hosts, groups } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Golden;
  const own = ownAnswer(plantCase(place.path, site));
  expect(own.error).toBeUndefined();
  expect(Object.keys(own.hosts).sort()).toEqual(Object.keys(hosts).sort());
  for (const [group, names] of Object.entries(groups))
    expect({ [group]: own.groups[group] ?? [] }).toEqual({ [group]: names });
  for (const [host, { items = {}, groups: memberships, played }] of Object.entries(hosts)) {
    expect(own.hosts[host]).toMatchObject({ groups: memberships, played });
    for (const [item, expected] of Object.entries(items)) {
      const fields = "fields" in expected ? Object.keys(expected.fields) : [];
      expect({ [item]: valuesOf(own.hosts[host]?.items?.[item], fields) }).toEqual({
        [item]: valuesOf(expected, fields),
      });
    }
  }
});

test("the conditions of an item are compared only where Ansible has what they rest on", () => {
  const answer = (enabled: Evaluated, wanted: boolean): AnsibleAnswer => {
    const broken = { error: "versions cannot be compared" };
    const probe = { fields: { enabled, url: broken }, would_download: { value: wanted } };
    return { hosts: { n1: { groups: [], played: true, items: { probe } } }, groups: {}, warnings: [] };
  };
  const own = answer({ value: true }, true);
  expect(differences(answer({ error: "versions cannot be compared" }, false), own)).toEqual([]);
  expect(differences(answer({ value: true }, false), own)).toHaveLength(1);
});
