// kso's own evaluation in the words of Ansible's answer (ansible.ts), and where the two differ.
import { hostTemplar } from "../../../src/ansible/host-variables.ts";
import type { InventoryOptions } from "../../../src/ansible/inventory/options.ts";
import { TemplateFailure } from "../../../src/ansible/jinja/failure.ts";
import { repr } from "../../../src/ansible/jinja/text.ts";
import { Dict, isList, type PythonValue, Tuple, typeName, unwrap } from "../../../src/ansible/jinja/values.ts";
import { KsoError, messageOf } from "../../../src/core/errors.ts";
import { type Checkout, openCheckout } from "../../../src/kubespray/checkout.ts";
import { openClusterInventory } from "../../../src/kubespray/inventory.ts";
import { type DownloadItem, evaluateItems } from "../../../src/kubespray/items.ts";
import type { AnsibleAnswer, AnsibleHost, AnsibleJob, Evaluated, EvaluatedDownload, Json } from "./ansible.ts";

/** A value of kso's as the driver writes one of Ansible's. */
export function plain(value: PythonValue): Json {
  const own = unwrap(value);
  if (typeof own === "bigint") return Number.isSafeInteger(Number(own)) ? Number(own) : { $int: String(own) };
  if (typeof own === "number") return { $float: repr(own) };
  if (own === null || typeof own === "boolean" || typeof own === "string") return own;
  if (isList(own)) return own.map(plain);
  if (own instanceof Tuple) return { $tuple: own.items.map(plain) };
  if (!(own instanceof Dict)) return { $other: typeName(own) };
  const entries = own.entries().map(([key, item]) => [unwrap(key), plain(item)] as const);
  return entries.every(([key]) => typeof key === "string" && !key.startsWith("$"))
    ? Object.fromEntries(entries)
    : { $dict: entries.map(([key, item]) => [plain(key), item]) };
}

/** The job's flags as kso's own. */
function selectionOf({ inventories, extraVars = [], ...job }: AnsibleJob): InventoryOptions {
  const { limit, vaultPasswordFiles = [], vaultIds = [] } = job;
  return { inventories, extraVars, limit, vaultPasswordFiles, vaultIds, followLinks: false };
}

/** What kso makes of the same job, in the same words. */
export function ownAnswer(job: AnsibleJob): AnsibleAnswer {
  try {
    const checkout = openCheckout(job.checkout);
    const inventory = openClusterInventory(selectionOf(job), checkout);
    const limited = inventory.hosts.filter(({ name }) => inventory.limit?.has(name) !== false);
    const hosts = limited.map((host): [string, AnsibleHost] => {
      const machine = job.machines?.[host.name] ?? job.machines?.["*"] ?? "x86_64";
      const groups = [...host.groups].sort();
      const played = groups.includes("k8s_cluster") || groups.includes("etcd");
      return [host.name, { groups, played, ...itemsOf(checkout, { inventory, host, machine }) }];
    });
    return { hosts: Object.fromEntries(hosts), groups: Object.fromEntries(inventory.groups), warnings: [] };
  } catch (thrown) {
    if (!(thrown instanceof KsoError)) throw thrown;
    return { hosts: {}, groups: {}, warnings: [], error: thrown.message };
  }
}

function itemsOf(checkout: Checkout, target: Parameters<typeof hostTemplar>[1]): Pick<AnsibleHost, "items" | "error"> {
  try {
    const items = evaluateItems(checkout, hostTemplar(checkout, target));
    // What kubeadm names is no item of `downloads`.
    const listed = items.filter(({ name }) => !name.startsWith("kubeadm_"));
    return { items: Object.fromEntries(listed.map((item) => [item.name, downloadOf(item)])) };
  } catch (thrown) {
    if (!(thrown instanceof TemplateFailure)) throw thrown;
    return { error: messageOf(thrown) };
  }
}

function downloadOf({ fields, broken, required }: DownloadItem): EvaluatedDownload {
  const whole = broken.find(({ field }) => field === "");
  if (whole) return { error: whole.reason };
  const condition = broken.find(({ field }) => field === "when");
  const failed = broken.filter(({ field }) => field !== "when");
  return {
    fields: Object.fromEntries([
      ...[...fields].map(([field, value]): [string, Evaluated] => [field, { value: plain(value) }]),
      ...failed.map(({ field, reason }): [string, Evaluated] => [field, { error: reason }]),
    ]),
    would_download: condition ? { error: condition.reason } : { value: required },
  };
}

/** Where two answers differ: `host/item/field: Ansible … kso …`. An error equals every other error. */
export function differences(ansible: AnsibleAnswer, own: AnsibleAnswer): string[] {
  // Ansible goes on without a host, with a warning.
  if (Object.keys(ansible.hosts).length === 0 && own.error !== undefined) return [];
  if (ansible.error !== undefined || own.error !== undefined)
    return ansible.error !== undefined && own.error !== undefined
      ? []
      : [`Ansible: ${ansible.error ?? "is content"}; kso: ${own.error ?? "is content"}`];
  return compareParts("", comparable(ansible), comparable(own));
}

/** An answer without its wording. Below the second level Ansible has the hosts of `all` in the order of a set, another one each time. */
function comparable({ hosts, groups }: AnsibleAnswer): unknown {
  return JSON.parse(
    JSON.stringify({
      hosts,
      groups: Object.fromEntries(
        Object.entries(groups).flatMap(([name, list]) =>
          list.length ? [[name, name === "all" ? list.toSorted() : list]] : [],
        ),
      ),
    }),
    (key, value) => (key === "error" ? "…" : value),
  );
}

function compareParts(path: string, ansible: unknown, own: unknown): string[] {
  if (Bun.deepEquals(ansible, own)) return [];
  const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const isValue = (value: object): boolean => "value" in value || "error" in value;
  // A field that no plan rests on is left out where it has no value. And Ansible evaluates every name of a template first, those of
  // branches that are not taken too: where it stops there, kso may go on. Only what is undefined stays so.
  const failed = isObject(ansible) && "error" in ansible;
  if (failed && ((own === undefined && path.includes("/fields/")) || (isObject(own) && !("undefined" in ansible))))
    return [];
  // Through `hostvars` a variable that rests on something undefined is a template still; here it is undefined.
  if (isObject(ansible) && JSON.stringify(ansible["value"] ?? "").includes("{{")) return [];
  if (failed && isObject(own) && "error" in own) return [];
  if (!isObject(ansible) || !isObject(own) || isValue(ansible) || isValue(own))
    return [`${path}: Ansible ${JSON.stringify(ansible)}, kso ${JSON.stringify(own)}`];
  return [...new Set([...Object.keys(ansible), ...Object.keys(own)])].flatMap((key) =>
    compareParts(path === "" ? key : `${path}/${key}`, ansible[key], own[key]),
  );
}
