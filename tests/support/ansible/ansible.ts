// Ansible as the counterpart: what ansible-core itself makes of an inventory and a checkout. One process answers many jobs.
//
//   await using ansible = openAnsible();
//   const { hosts } = await ansible.ask({ checkout, inventories: [path] });
//
// `/usr/bin/python3` must have ansible-core (Debian's package); PYTHON names another one.

import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

/** A value as JSON; what JSON cannot tell apart is `{ $float: "1.0" }`, `{ $tuple: [] }`, `{ $dict: [[key, value]] }`, `{ $int: "…" }`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What to evaluate; paths are absolute. */
export interface AnsibleJob {
  readonly checkout: string;
  /** As `-i` names them. */
  readonly inventories: readonly string[];
  /** As `-e` gives them: `a=b`, `{"a": 1}`, `@/path`. */
  readonly extraVars?: readonly string[];
  readonly limit?: string | undefined;
  readonly vaultPasswordFiles?: readonly string[];
  /** `LABEL@/path`. */
  readonly vaultIds?: readonly string[];
  /** Ansible's constants, such as `{ DEFAULT_HASH_BEHAVIOUR: "merge" }`; the default is kubespray's own ansible.cfg. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Facts without `ansible_`, by host or for `*`; what an inventory says of a host wins. */
  readonly facts?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** `x86_64` or `aarch64`, by host or for `*`; default: `x86_64`. */
  readonly machines?: Readonly<Record<string, string>>;
  /** The roles of the play; default: the defaults role and `download`. */
  readonly roles?: readonly string[];
  /** The hosts of the play; default: `k8s_cluster:etcd`. */
  readonly hosts?: string;
  /** Further templates to evaluate on each host. */
  readonly templates?: Readonly<Record<string, string>>;
  /** Whether to answer with what the inventory sets for each host. */
  readonly variables?: boolean;
  /** Whether the parsed files of the checkout are kept for later jobs; default: yes. */
  readonly keep?: boolean;
}

/** A value, or why there is none; `undefined` where a variable is missing. */
export type Evaluated = { readonly value: Json } | { readonly error: string; readonly undefined?: true };

/** One item of `downloads` for one host. */
export type EvaluatedDownload =
  | { readonly fields: Readonly<Record<string, Evaluated>>; readonly would_download: Evaluated }
  | { readonly error: string };

/** A host of the inventory (of the limit, where there is one). */
export interface AnsibleHost {
  /** Its groups except `all`, sorted. */
  readonly groups: readonly string[];
  /** Whether the play that downloads runs on it. */
  readonly played: boolean;
  readonly items?: Readonly<Record<string, EvaluatedDownload>>;
  /** Why `downloads` as a whole has no value. */
  readonly error?: string;
  readonly templates?: Readonly<Record<string, Evaluated>>;
  readonly variables?: Readonly<Record<string, Json>>;
}

/** Ansible's answer; one with an `error` where it ends before any host is evaluated. */
export interface AnsibleAnswer {
  readonly hosts: Readonly<Record<string, AnsibleHost>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly error?: string;
  readonly warnings: readonly string[];
}

/** A running Ansible. */
export interface Ansible extends AsyncDisposable {
  ask(job: AnsibleJob): Promise<AnsibleAnswer>;
}

const python = process.env["PYTHON"] ?? "/usr/bin/python3";

/** Whether there is an Ansible to ask; in CI one that is missing is an error. */
export function hasAnsible(): boolean {
  const { success } = Bun.spawnSync([python, "-c", "import ansible.template"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  if (!success && process.env["CI"] === "true")
    throw new Error(`${python} has no ansible-core: install Debian's package ansible-core`);
  return success;
}

/** Starts it. Jobs are answered in the order of asking. */
export function openAnsible(): Ansible {
  const child = Bun.spawn([python, "-u", join(import.meta.dir, "evaluate.py")], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const answers = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (job: AnsibleJob): Promise<AnsibleAnswer> => {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    await child.stdin.flush();
    const { value, done } = await answers.next();
    if (done) throw new Error(`Ansible ended with ${await child.exited}`);
    return { hosts: {}, groups: {}, ...(JSON.parse(value) as Omit<AnsibleAnswer, "hosts" | "groups">) };
  };
  return {
    ask(job) {
      const answer = last.then(() => ask(job));
      last = answer.catch(() => undefined);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await child.stdin.end();
      await child.exited;
    },
  };
}
