// Random but valid inventories, and the flags they are used with.
import { Dice } from "./dice.ts";
import { layouts } from "./layouts.ts";
import { Expressions, isWide, type Type, variables } from "./random-expression.ts";
import type { SiteCase } from "./site-case.ts";
import { encrypt } from "./vault.ts";

const vaultPassword = "first";

interface Group {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly children: readonly string[];
}

/** The case of a seed. */
export function randomCase(seed: number): SiteCase {
  return new CaseMaker(new Dice(seed)).make();
}

class CaseMaker {
  readonly #dice: Dice;
  readonly #files: Record<string, string> = {};
  readonly #hosts: readonly string[];
  readonly #groups: readonly Group[];
  /** Whether some files and values are encrypted. */
  readonly #isVaulted: boolean;
  constructor(dice: Dice) {
    this.#dice = dice;
    this.#isVaulted = isWide && dice.chance(0.15);
    const all = ["node1", "node2", "node3", "db-a.example.com", "w01", "w02"];
    this.#hosts = all.slice(0, 1 + dice.below(4));
    this.#groups = this.#makeGroups();
  }

  make(): SiteCase {
    const dice = this.#dice;
    const [layout] = [dice.pick(Object.keys(layouts))];
    const folders = dice.chance(0.2) ? ["inventory", "second"] : ["inventory"];
    const inventories = folders.map((folder, index) => this.#inventory(folder, index));
    for (const folder of folders) this.#variableFiles(folder);
    if (dice.chance(0.15)) this.#files["kubespray/playbooks/group_vars/all.yml"] = this.#mapping(3, 0);
    if (isWide && dice.chance(0.3)) this.#setFacts(folders[0] as string);
    const encrypted = !this.#isVaulted
      ? []
      : dice.some(
          Object.keys(this.#files).filter((path) => /_vars\//.test(path)),
          0.3,
        );
    const machines = Object.fromEntries(this.#hosts.map((host) => [host, dice.pick(["x86_64", "x86_64", "aarch64"])]));
    return {
      layout: layout ?? "modern",
      files: this.#files,
      inventories,
      extraVars: dice.chance(0.25) ? this.#extraVars() : [],
      machines,
      ...(this.#isVaulted && { encrypted, vaultPasswords: { default: vaultPassword, lab: "second" } }),
      ...(dice.chance(isWide ? 0.15 : 0.12) && { mergesHashes: true }),
      ...(dice.chance(isWide ? 0.15 : 0.1) && {
        limit: dice.pick([
          ...this.#hosts,
          "kube_node",
          "!etcd",
          "node*",
          "all:!node1",
          "kube_node:&etcd",
          ...(isWide
            ? ["kube_node[0]", "kube_control_plane,etcd", "~node[12]", "all[-1]", "k8s_cluster:!kube_node"]
            : []),
        ]),
      }),
    };
  }

  /** Facts that an inventory claims. */
  #setFacts(folder: string): void {
    const dice = this.#dice;
    const facts = dice.some(
      [
        "ansible_architecture: aarch64",
        "ansible_system: Linux",
        "ansible_distribution: Ubuntu",
        "ansible_os_family: \"{{ 'RedHat' if 'gpu' in group_names else 'Debian' }}\"",
        "ansible_user_id: core",
        "ansible_default_ipv4: {address: 10.0.0.1}",
      ],
      0.4,
    );
    const host = dice.pick(this.#hosts);
    const path = `${folder}/host_vars/${host}`;
    if (!Object.keys(this.#files).some((other) => other === path))
      this.#files[`${path}/facts.yml`] = `${facts.join("\n")}\n`;
  }

  #makeGroups(): readonly Group[] {
    const dice = this.#dice;
    const hostsOf = (): string[] => dice.some(this.#hosts, 0.6);
    const nodes = { name: "kube_node", hosts: hostsOf(), children: [] };
    const control = {
      name: "kube_control_plane",
      hosts: [this.#hosts[0] as string, ...dice.some(this.#hosts.slice(1), 0.3)],
      children: [],
    };
    const etcd = dice.chance(0.5)
      ? { name: "etcd", hosts: [], children: ["kube_control_plane"] }
      : { name: "etcd", hosts: hostsOf(), children: [] };
    const cluster = { name: "k8s_cluster", hosts: [], children: ["kube_control_plane", "kube_node"] };
    const sites = dice.some(["site_a", "site-b", "gpu", "calico_rr"], 0.4).map((name) => ({
      name,
      hosts: hostsOf(),
      children: dice.some(["kube_node", "etcd"], 0.25),
    }));
    const above =
      sites.length > 0 && dice.chance(0.3)
        ? [{ name: "region", hosts: [], children: sites.map(({ name }) => name) }]
        : [];
    return [control, etcd, nodes, ...(dice.chance(0.85) ? [cluster] : []), ...sites, ...above];
  }

  /** The inventory file of a folder; the second one adds to some groups. @returns its path. */
  #inventory(folder: string, index: number): string {
    const groups = index === 0 ? this.#groups : this.#dice.some(this.#groups, 0.4);
    const isYaml = this.#dice.chance(0.45);
    const name = this.#dice.pick(
      isYaml ? ["hosts.yaml", "hosts.yml", "inventory.yml"] : ["hosts.ini", "hosts", "inventory.ini"],
    );
    const path = `${folder}/${name}`;
    this.#files[path] = isYaml ? this.#yaml(groups, index === 0) : this.#ini(groups, index === 0);
    return path;
  }

  #ini(groups: readonly Group[], first: boolean): string {
    const dice = this.#dice;
    const lines: string[] = [];
    if (first && dice.chance(0.6)) lines.push(...this.#hosts.map((host) => `${host}${this.#hostVariables()}`), "");
    for (const { name, hosts, children } of groups) {
      if (isWide && dice.chance(0.15) && hosts.includes("node1") && hosts.includes("node2"))
        lines.push(`[${name}]`, "node[1:2]");
      lines.push(`[${name}]`, ...hosts.map((host) => `${host}${dice.chance(0.2) ? this.#hostVariables() : ""}`));
      if (children.length > 0) lines.push(`[${name}:children]`, ...children);
      const settings = dice.chance(0.25) ? dice.some(variables, 0.2) : [];
      if (settings.length > 0) lines.push(`[${name}:vars]`);
      for (const [variable, type] of settings)
        lines.push(`${variable}${dice.pick(["=", " = "])}${this.#iniValue(variable, type)}`);
      if (settings.length > 0 && dice.chance(0.3)) lines.push(`ansible_group_priority=${dice.below(20)}`);
      if (dice.chance(0.2)) lines.push(dice.pick(["# a comment", "; another", ""]));
    }
    if (isWide && dice.chance(0.2)) lines.push("[all:vars]", `s1=${this.#iniValue("s1", "text")}`);
    return `${lines.join("\n")}\n`;
  }

  #hostVariables(): string {
    const dice = this.#dice;
    if (!dice.chance(0.4)) return "";
    return dice
      .some(variables, 0.15)
      .map(([name, type]) => {
        const value = this.#iniValue(name, type);
        return ` ${name}=${/[\s"#]/.test(value) ? `"${value.replaceAll('"', "")}"` : value}`;
      })
      .join("");
  }

  /** On a line of its own: `5` and `[1, 2]` are Python, `yes` and `1.2.3` are text. */
  #iniValue(name: string, type: Type): string {
    const dice = this.#dice;
    // Of a constant in double braces Ansible makes a set of sets, and reads nothing of the file.
    const template = this.#template(name, type).replaceAll("\n", " ");
    if (dice.chance(0.4) && /[a-z_]{2,}/.test(template.replace(/'[^']*'|[Tt]rue|[Ff]alse|not/g, ""))) return template;
    const values: Readonly<Record<Type, readonly string[]>> = {
      text: [
        "abc",
        "1.20",
        "'quoted text'",
        "yes",
        "1.2.3",
        "v1",
        "None",
        "0755",
        "x=y",
        "1_000",
        "''",
        "a b",
        "10.0.0.1",
        ...(isWide
          ? [
              "80,443",
              "1, 2",
              "'a','b'",
              "True",
              "b'x'",
              "[1",
              "a#b",
              "1.",
              "1_0.5",
              "-0",
              "+5",
              "0b11",
              "0o17",
              "'it' 's'",
              "!x",
            ]
          : []),
      ],
      list: ["['a', 'b']", "[1, 2]", "[]", "['a', ['b']]"],
      dict: ["{'a': 1}", "{}", "{'a': {'b': 'c'}}"],
      flag: ["True", "False", "true", "no", "1"],
      number: ["5", "-3", "1.5", "0x10", "007", "1e3", "2 + 3"],
    };
    return dice.pick(values[type]);
  }

  #template(name: string, type: Type): string {
    const rank = variables.findIndex(([other]) => other === name);
    return new Expressions(this.#dice, rank).template(type);
  }

  #yaml(groups: readonly Group[], first: boolean): string {
    const dice = this.#dice;
    const lines = ["all:"];
    if (first) {
      lines.push("  hosts:");
      for (const host of this.#hosts) {
        const settings = dice.chance(0.4) ? dice.some(variables, 0.15) : [];
        lines.push(`    ${host}:`, ...settings.map(([name, type]) => this.#entry(name, type, 6)));
      }
    }
    lines.push("  children:");
    for (const { name, hosts, children } of groups) {
      lines.push(`    ${name}:`);
      if (hosts.length > 0) lines.push("      hosts:", ...hosts.map((host) => `        ${host}:`));
      if (children.length > 0) lines.push("      children:", ...children.map((child) => `        ${child}:`));
      const settings = dice.chance(0.25) ? dice.some(variables, 0.2) : [];
      if (settings.length > 0) lines.push("      vars:", ...settings.map(([key, type]) => this.#entry(key, type, 8)));
    }
    return `${lines.join("\n")}\n`;
  }

  #variableFiles(folder: string): void {
    const dice = this.#dice;
    const ending = (): string => dice.pick([".yml", ".yaml", ""]);
    const place = (path: string): string =>
      dice.chance(0.3) ? `${path}/${dice.pick(["a.yml", "zz.yaml", "deep/x.yml", "b"])}` : path + ending();
    const put = (path: string, probability: number): void => {
      const text = this.#mapping(dice.below(5), probability);
      const at = place(path);
      if (!Object.keys(this.#files).some((other) => other.startsWith(`${at}/`) || at.startsWith(`${other}/`)))
        this.#files[at] = text;
    };
    put(`${folder}/group_vars/all`, 0.55);
    if (dice.chance(0.3)) put(`${folder}/group_vars/all`, 0.3);
    for (const { name } of dice.some(this.#groups, 0.35)) put(`${folder}/group_vars/${name}`, 0.25);
    for (const host of dice.some(this.#hosts, 0.3)) put(`${folder}/host_vars/${host}`, 0.25);
  }

  /** A file of variables: some of the release's, some of our own. */
  #mapping(ofRelease: number, probability: number): string {
    const dice = this.#dice;
    const release: readonly string[] = [
      "kube_version: 1.34.7",
      "container_manager: crio",
      "etcd_deployment_type: kubeadm",
      "helm_enabled: true",
      'helm_enabled: "{{ b1 | default(false) }}"',
      "download_run_once: true",
      "download_localhost: true",
      "download_container: false",
      "kube_network_plugin: \"{{ 'cilium' if 'site_a' in group_names else 'calico' }}\"",
      "github_url: \"https://{{ s1 | default('mirror') }}.test\"",
      'kube_image_repo: "{{ inventory_hostname }}.test"',
      "gvisor_enabled: yes",
      "local_release_dir: \"/tmp/{{ s2 | default('x') }}\"",
      "calico_version: 3.30",
      "image_arch: \"{{ 'arm64' if ansible_architecture == 'aarch64' else 'amd64' }}\"",
      "etcd_version: 3.5.29",
      'skip_downloads: "{{ b2 | default(false) }}"',
    ];
    const lines = [
      ...Array.from({ length: dice.below(ofRelease + 1) }, () => dice.pick(release)),
      ...dice.some(variables, probability).map(([name, type]) => this.#entry(name, type, 0)),
    ];
    // The last of two equal keys would win; Ansible warns.
    const seen = new Set<string>();
    const unique = lines.filter((line) => {
      const key = line.slice(0, line.indexOf(":"));
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
    return `${dice.chance(0.7) ? "---\n" : ""}${unique.join("\n")}\n`;
  }

  #entry(name: string, type: Type, indent: number): string {
    const margin = " ".repeat(indent);
    return `${margin}${name}: ${this.#yamlValue(name, type, indent)}`;
  }

  #yamlValue(name: string, type: Type, indent: number): string {
    const dice = this.#dice;
    const margin = " ".repeat(indent + 2);
    if (type === "text" && this.#isVaulted && dice.chance(0.3)) return this.#vaulted(margin);
    if (isWide && dice.chance(0.04))
      return dice.pick([
        "!unsafe 'a {{ s1 }}'",
        "!unsafe '{% if x %}'",
        "!unsafe [a, '{{ b }}']",
        "!unsafe {a: '{{ c }}'}",
        "!unsafe '[1, 2]'",
      ]);
    if (dice.chance(0.55)) return this.#quoted(this.#template(name, type), margin);
    const inner = (kind: Type): string => this.#quoted(this.#template(name, kind), "", false);
    const values: Readonly<Record<Type, readonly (() => string)[]>> = {
      text: [
        "abc",
        "1.20.3",
        "'1.20'",
        '"a\\tb"',
        "v1",
        "~",
        "''",
        "text with: no",
        "0o17",
        "é",

        "2024-03-05T",
        "1.2.3.4/5",
        '"\\u00e9"',
        "'it''s'",
      ].map((text) => () => text.replace("text with: no", "'text with: yes'")),
      list: [
        () => "[]",
        () => "[a, b]",
        () => "[1, 1.5, yes, ~, 0x1F, 010]",
        () => `\n${margin}- a\n${margin}- ${inner("text")}`,
        () => `\n${margin}- ${inner("list")}\n${margin}- {a: ${inner("text")}}`,
        () => `[${inner("text")}, b]`,
      ],
      dict: [
        () => "{}",
        () => "{a: 1, k: v}",
        () => `\n${margin}a: ${inner("text")}\n${margin}k:\n${margin}  - x`,
        () => `\n${margin}a: {b: ${inner("number")}}\n${margin}1: one`,
        () => `\n${margin}base: &a_${name} {a: x, k: y}\n${margin}more:\n${margin}  <<: *a_${name}\n${margin}  k: z`,
      ],
      flag: ["yes", "no", "true", "False", "on", "'yes'", "1", "0"].map((text) => () => text),
      number: ["5", "-3", "1.5", "0x10", "010", "1_000", "1e3", "1.0e+3", "12:30:45", "'7'", ".5", "0"].map(
        (text) => () => text,
      ),
    };
    return dice.pick(values[type])();
  }

  /** An encrypted value. */
  #vaulted(margin: string): string {
    const dice = this.#dice;
    const label = dice.pick([undefined, undefined, "lab"]);
    const text = encrypt(dice.pick(["secret", "{{ s1 }}", "é", "a b\n", "5", "[1, 2]"]), {
      password: label === undefined ? vaultPassword : "second",
      label,
      salt: `salt ${dice.below(10)}`,
    });
    return `!vault |\n${text.replace(/^(?=.)/gm, margin)}`.trimEnd();
  }

  /** A template as a scalar, in one of YAML's styles. */
  #quoted(text: string, margin: string, mayBeBlock = true): string {
    const style = this.#dice.below(mayBeBlock ? 5 : 2);
    if (style === 0) return `'${text.replaceAll("'", "''")}'`;
    if (style < 3) return JSON.stringify(text);
    const mark = this.#dice.pick(["|", ">-", "|-", ">", "|+"]);
    return `${mark}\n${text
      .split(/\n| (?=\{%)/)
      .map((line) => margin + line.trim())
      .join("\n")}`;
  }

  #extraVars(): string[] {
    const dice = this.#dice;
    const chosen = dice.some(variables, 0.15);
    const values = chosen.map(([name, type]): [string, string] => [name, this.#template(name, type)]);
    const forms: readonly (() => string[])[] = [
      () => values.map(([name, value]) => `${name}="${value.replaceAll('"', "").replaceAll("\n", " ")}"`),
      () => [JSON.stringify(Object.fromEntries(values))],
      () => ["{s1: abc, i1: 5, b1: yes}", ...(isWide ? ["s1=later"] : [])],
      ...(isWide ? [() => ["l1=[1,2] d1={'a':1}"], () => ["s1='a b' s2=\"c d\" i1=007"]] : []),
      () => ["s1=abc i1=5 b1=no"],
      () => ["kube_version=1.34.7 helm_enabled=true"],
      () => {
        this.#files["extra.yml"] = this.#mapping(2, 0.2);
        return ["@extra.yml"];
      },
    ];
    return dice.pick(forms)();
  }
}
