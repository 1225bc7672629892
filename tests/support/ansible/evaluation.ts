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
    const machineOf = (name: string): string => job.machines?.[name] ?? job.machines?.["*"] ?? "x86_64";
    const hosts = limited.map((host): [string, AnsibleHost] => {
      const groups = [...host.groups].sort();
      const played = groups.includes("k8s_cluster") || groups.includes("etcd");
      return [
        host.name,
        { groups, played, ...itemsOf(checkout, { inventory, host, machine: machineOf(host.name), machineOf }) },
      ];
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

/** Where two answers differ: `host/item/field: Ansible … kso …`. What has no value has none in both; the reasons may differ in words. */
export function differences(ansible: AnsibleAnswer, own: AnsibleAnswer): string[] {
  // Ansible leaves out a file that is no inventory, with a warning, and goes on; kso ends.
  const leavesOut = ansible.warnings.some((warning) => /Unable to parse .* as an inventory source/.test(warning));
  if (own.error !== undefined && (leavesOut || Object.keys(ansible.hosts).length === 0)) return [];
  if (ansible.error !== undefined || own.error !== undefined)
    return ansible.error !== undefined && own.error !== undefined
      ? []
      : [`Ansible: ${ansible.error ?? "is content"}; kso: ${own.error ?? "is content"}`];
  return [
    ...compareParts("groups", memberships(ansible), memberships(own)),
    ...namesOf(ansible.hosts, own.hosts).flatMap((name) =>
      compareHosts(`hosts/${name}`, ansible.hosts[name], own.hosts[name]),
    ),
  ];
}

/** The groups that have hosts. Below the second level Ansible has those of `all` in the order of a set, another one each time. */
function memberships({ groups }: AnsibleAnswer): Readonly<Record<string, unknown>> {
  const filled = Object.entries(groups).filter(([, hosts]) => hosts.length > 0);
  return Object.fromEntries(
    filled.map(([name, hosts]) => [name, ["all", "_all", "k8s_cluster"].includes(name) ? hosts.toSorted() : hosts]),
  );
}

function namesOf(...records: readonly (object | undefined)[]): readonly string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record ?? {})))];
}

function compareHosts(path: string, ansible?: AnsibleHost, own?: AnsibleHost): string[] {
  if (!(ansible && own)) return [`${path}: Ansible ${ansible ? "has" : "lacks"} it, kso ${own ? "has" : "lacks"} it`];
  const { items = {}, error, ...rest } = ansible;
  const { items: ownItems = {}, error: ownError, ...ownRest } = own;
  if (error !== undefined || ownError !== undefined)
    return error !== undefined && ownError !== undefined ? [] : [`${path}: Ansible ${error}, kso ${ownError}`];
  const failing = Object.entries(items).some(([name, item]) => hasFailure(item, ownItems[name]));
  return [
    ...compareParts(path, rest, ownRest),
    ...namesOf(items, ownItems).flatMap((name) =>
      new ItemComparison(`${path}/items/${name}`, failing).compare(items[name], ownItems[name]),
    ),
  ];
}

/** Whether kso has no value for some field that Ansible has. */
function hasFailure(ansible: EvaluatedDownload, own: EvaluatedDownload | undefined): boolean {
  if (!("fields" in ansible && own && "fields" in own)) return true;
  return Object.keys(ansible.fields).some((field) => !("value" in (own.fields[field] ?? {})));
}

/** Whether Ansible stops there, and not because of what is undefined. */
const isStopped = (evaluated: Evaluated): boolean => "error" in evaluated && !("undefined" in evaluated);

/** The fields that the conditions of a download rest on. */
const conditionFields: ReadonlySet<string> = new Set(["enabled", "container", "groups"]);

/** Compares an item, field by field. */
class ItemComparison {
  readonly #path: string;
  /** Whether kso has no value for some field of the host. */
  readonly #failing: boolean;
  #isTemplateAgain = false;
  constructor(path: string, failing: boolean) {
    this.#path = path;
    this.#failing = failing;
  }

  compare(ansible?: EvaluatedDownload, own?: EvaluatedDownload): string[] {
    if (!(ansible && own && "fields" in ansible && "fields" in own))
      return ansible && own && "error" in ansible && "error" in own ? [] : [different(this.#path, ansible, own)];
    const fields = namesOf(ansible.fields, own.fields).flatMap((field) =>
      this.#values(`fields/${field}`, ansible.fields[field], own.fields[field]),
    );
    this.#isTemplateAgain = /\{[{%]/.test(
      JSON.stringify(ansible.fields, (key, value) => (key === "error" ? "" : value)),
    );
    // Without such a field the conditions are those of another item.
    const goesOn = Object.entries(ansible.fields).some(
      ([field, evaluated]) =>
        conditionFields.has(field) && isStopped(evaluated) && "value" in (own.fields[field] ?? {}),
    );
    return goesOn ? fields : [...fields, ...this.#values("would_download", ansible.would_download, own.would_download)];
  }

  #values(name: string, ansible?: Evaluated, own?: Evaluated): string[] {
    return this.#agree(ansible, own) ? [] : [different(`${this.#path}/${name}`, ansible, own)];
  }

  #agree(ansible?: Evaluated, own?: Evaluated): boolean {
    if (ansible === undefined) return false;
    // What no plan rests on is left out of kso's fields where it has no value.
    const failure = own === undefined || "error" in own ? (own?.error ?? "") : undefined;
    if ("value" in ansible && failure === undefined) return Bun.deepEquals(ansible, own) || sameText(ansible, own);
    // kso takes a template for no address and no name, and prints no undefined value and no NotImplemented of Python's.
    if ("value" in ansible)
      return (
        failure?.includes("is a template still") === true ||
        /AnsibleUndefined\(|NotImplemented/.test(JSON.stringify(ansible.value))
      );
    // Python's methods of text do not take what Vault encrypted; kso takes it as the text it is. And Ansible evaluates the values of
    // an item once more before it looks at the conditions.
    if (ansible.error.includes("AnsibleVaultEncryptedUnicode") || this.#isTemplateAgain) return true;
    // Ansible evaluates every name of a template first, those of branches that are not taken too. Where one of them fails (other than
    // by being undefined, which counts only where it is used), Ansible stops, and kso goes on: then that name has no value in kso either.
    return failure !== undefined || (isStopped(ansible) && this.#failing);
  }
}

/** The same but for how something undefined inside a list is described. */
function sameText(...values: readonly unknown[]): boolean {
  const [one, other] = values.map((value) =>
    JSON.stringify(value, null, 1).replace(/AnsibleUndefined\([^()]*\)/g, "AnsibleUndefined()"),
  );
  return one === other && one?.includes("AnsibleUndefined()") === true;
}

function different(path: string, ansible: unknown, own: unknown): string {
  return `${path}: Ansible ${JSON.stringify(ansible)}, kso ${JSON.stringify(own)}`;
}

function compareParts(path: string, ansible: object, own: object): string[] {
  const [theirs, ours] = [new Map(Object.entries(ansible)), new Map(Object.entries(own))];
  return namesOf(ansible, own).flatMap((name) =>
    Bun.deepEquals(theirs.get(name), ours.get(name))
      ? []
      : [different(`${path}/${name}`, theirs.get(name), ours.get(name))],
  );
}
