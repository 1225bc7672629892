// kso's evaluation of an inventory against that of ansible-core itself: every field of every item of every host.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { hasAnsible, openAnsible } from "../support/ansible/ansible.ts";
import { differences, ownAnswer } from "../support/ansible/evaluation.ts";
import { mixedCluster, modern, old, plant } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

const ansible = hasAnsible() ? openAnsible() : undefined;
afterAll(async () => await ansible?.[Symbol.asyncDispose]());

if (!ansible) test.skip("kso evaluates as Ansible does: needs ansible-core", () => undefined);
else
  test.each(Object.entries({ modern, old }))("%s: Ansible's own answer", async (_, tree) => {
    using folder = temporary();
    const checkout = plant(join(folder.path, "kubespray"), tree);
    const site = plant(join(folder.path, "site"), { "hosts.ini": mixedCluster, "group_vars/all.yml": "a: 1\n" });
    const machines = { w1: "aarch64", w2: "aarch64" };
    const job = { checkout, inventories: [join(site, "hosts.ini")], machines, keep: false };
    const answer = await ansible.ask(job);
    expect(answer.error).toBeUndefined();
    expect(Object.keys(answer.hosts)).toHaveLength(5);
    expect(differences(answer, ownAnswer(job))).toEqual([]);
  });
