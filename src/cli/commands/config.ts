// `kso config`: the variables and mirror files that point a cluster at a site, and whether all of it is there.
import { join } from "node:path";
import fs from "fs-extra";
import { type Bundle, openBundle } from "../../bundle/open.ts";
import { KsoError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { checkEndpoints, type MissingItem, type NameForm } from "../../endpoints/check.ts";
import { type Endpoints, registryHosts, registryUrl } from "../../endpoints/endpoints.ts";
import { offlineVariables, remarks, renderVariables } from "../../endpoints/kubespray.ts";
import {
  type ConfigFile,
  configDirectories,
  containerdFiles,
  crioFiles,
  dockerFiles,
} from "../../endpoints/mirror-files.ts";
import { writeOutputDirectory, writeOutputFile } from "../../files/output.ts";
import { cachedReader } from "../../verify/blobs.ts";
import { type Command, command, type Output } from "../command.ts";
import { catalogOf } from "../context.ts";
import { credentialsHere, networkOf } from "../environment.ts";
import { endpointKeys } from "../flags/commands.ts";
import { generalKeys } from "../flags/output.ts";
import type { Options } from "../flags/table.ts";
import { siteOf } from "../site.ts";
import { interruptible } from "../terminal/interrupt.ts";

/** What is written for a target. */
interface Written {
  /** One file for `-o FILE` (or stdout), or several for `-o DIR`. */
  readonly files: readonly ConfigFile[];
  readonly remarks: readonly string[];
  /** The names under which images will be asked for. */
  readonly forms: readonly NameForm[];
}

interface Target {
  readonly single: boolean;
  write(site: Endpoints, bundle: Bundle, options: Options<"manifests" | "catchAll">): Promise<Written>;
}

const targets: Readonly<Record<string, Target>> = {
  kubespray: {
    single: true,
    async write(site, { lock, lockDigest }, options) {
      const { files } = site;
      if (files === undefined) throw new KsoError("usage", "Name the file server: --files-url http://HOST:8080/k8s");
      const catalog = await catalogOf(options);
      const { version } = lock.release;
      if (!catalog.releases.includes(version))
        throw new KsoError(
          "unresolvable",
          `Cannot configure ${lock.release.name}: this kso does not know it; name its manifest with --manifests`,
        );
      const release = catalog.release(version);
      const head = [
        `kubespray ${version} with Kubernetes ${lock.kubernetes}, served inside the gap; written by kso for`,
        `the bundle whose lock is ${lockDigest}`,
        "Put it into the inventory as group_vars/all/offline.yml",
      ];
      return {
        files: [
          { path: "offline.yml", content: renderVariables(head, offlineVariables(release, lock, { ...site, files })) },
        ],
        remarks: remarks(release, lock, site),
        forms: ["named", "mirrored"],
      };
    },
  },
  containerd: {
    single: false,
    async write(site, { lock }, options) {
      return {
        files: containerdFiles(site, registryHosts(lock.images), options.catchAll),
        remarks: [
          `for ${configDirectories.containerd} on each node; containerd reads it where its config_path says so, and at once`,
        ],
        forms: ["mirrored"],
      };
    },
  },
  docker: {
    single: false,
    async write(site, { lock }) {
      const others = registryHosts(lock.images).filter((origin) => origin !== "docker.io");
      const { host, prefix } = site.registry;
      return {
        files: dockerFiles(site),
        remarks: [
          `for ${configDirectories.docker} on each node, then restart Docker`,
          prefix === ""
            ? `Docker has mirrors for docker.io alone; ${others.join(", ")} must be written with ${host} in front`
            : `Docker takes no mirror with a path; every image must be written with ${host}/${prefix} in front`,
          ...(prefix === "" && site.naming === "keep-host"
            ? [
                "as a mirror Docker asks for docker.io's names without that host: kso serve answers, other registries need strip-host",
              ]
            : []),
        ],
        forms: ["named"],
      };
    },
  },
  crio: {
    single: false,
    async write(site, { lock }) {
      return {
        files: crioFiles(site, registryHosts(lock.images)),
        remarks: [
          `for ${configDirectories.crio} on each node; CRI-O (after a reload), Podman, Buildah and skopeo read it`,
          ...(site.credentials.includes("registry")
            ? [`log in with podman login ${site.registry.host}, or give CRI-O an auth file`]
            : []),
        ],
        forms: ["named"],
      };
    },
  },
};

const known = Object.keys(targets);

export const configCommand: Command = command({
  name: "config",
  subcommands: known.map((name) => ({ name, synopsis: "BUNDLE… --registry-host HOST" })),
  description: "write the variables and mirror files that point a cluster at a served bundle",
  flags: [...endpointKeys, "ca", "output", "check", "catchAll", "manifests", ...generalKeys],
  help: {
    ca: "the CA of the registry and the file server (PEM)",
    output: "kubespray: the file (default: stdout); otherwise the directory",
    manifests: "further releases; they override the embedded ones",
  },
  examples: [
    {
      line: "kso config kubespray bundle.tar --registry-host 10.0.0.5:5000 --files-url http://10.0.0.5:8080/k8s",
      meaning: "group_vars/all/offline.yml of an inventory",
    },
    {
      line: "kso config containerd bundle.tar --registry-host 10.0.0.5:5000 -o certs.d",
      meaning: "mirror files for every node",
    },
  ],
  async run(options, positionals, output) {
    const [name, ...paths] = positionals;
    const target = name === undefined ? undefined : targets[name];
    if (name === undefined || !target)
      throw new KsoError(
        "usage",
        `Say for whom: kso config ${known.join("|")} BUNDLE${name ? `, not "${name}"${didYouMean(name, known)}` : ""}`,
      );
    if (paths.length === 0) throw new KsoError("usage", `Name a bundle: kso config ${name} bundle.tar`);
    const path = options.output;
    if (path === undefined && !target.single)
      throw new KsoError("usage", `Name a directory: kso config ${name} … -o DIR`);
    const site = siteOf(options);
    const bundle = openBundle(paths);
    const written = await target.write(site, bundle, options);
    const { registry } = site;
    if (!/^https?:/.test(options.registryHost ?? ""))
      output.tell(
        `note: ${registry.host} is taken to speak ${registry.scheme}; write ${registry.scheme === "http" ? "https" : "http"}://${registry.host} if it does not`,
      );
    await put(target, written.files, path, options, output);
    for (const remark of written.remarks) output.tell(`note: ${remark}`);
    const checked = options.check ? await check(options, site, bundle, written.forms) : undefined;
    if (options.json) output.data(`${JSON.stringify(describe(name, site, bundle, written, path, checked), null, 2)}\n`);
    else
      for (const { item, platform, reason } of checked?.misses ?? [])
        output.data(`missing: ${item} for ${platform}: ${reason}\n`);
    if (!checked) return;
    const { misses, checked: all } = checked;
    if (misses.length > 0)
      throw new KsoError("verify", `${misses.length} of ${all} names are not at the site as the bundle has them`);
    output.tell(`all ${all} names are at the site, as the bundle has them`);
  },
});

async function put(
  { single }: Target,
  files: readonly ConfigFile[],
  path: string | undefined,
  options: Options<"json">,
  output: Output,
): Promise<void> {
  const [first] = files;
  if (single && path !== undefined) await writeOutputFile(path, first?.content ?? "");
  else if (single && !options.json) output.data(first?.content ?? "");
  else if (path !== undefined) {
    await spare(path, files);
    // Other hosts' files lie beside these: nothing is removed.
    await writeOutputDirectory(path, files, /^$/);
  }
}

/** Settings of somebody else's are not overwritten. */
async function spare(directory: string, files: readonly ConfigFile[]): Promise<void> {
  for (const { path, content } of files.filter(({ path }) => path === "daemon.json")) {
    const there = await fs.readFile(join(directory, path), "utf8").catch(() => undefined);
    if (there !== undefined && there !== content)
      throw new KsoError(
        "usage",
        `Cannot write ${join(directory, path)}: there is one already; write elsewhere with -o and merge both`,
      );
  }
}

async function check(
  options: Options<"ca">,
  site: Endpoints,
  bundle: Bundle,
  forms: readonly NameForm[],
): Promise<Checked> {
  return await interruptible("what was written is complete; check it with --check", (signal) =>
    // One try: the server is near, and what is not there now is news.
    checkEndpoints({
      lock: bundle.lock,
      site,
      forms,
      read: cachedReader(bundle),
      http: networkOf(options, 16, signal).probe,
      credentials: credentialsHere(),
    }),
  );
}

interface Checked {
  readonly checked: number;
  readonly misses: readonly MissingItem[];
}

function describe(
  target: string,
  site: Endpoints,
  { lock }: Bundle,
  { files, remarks: notes }: Written,
  output: string | undefined,
  checked: Checked | undefined,
): object {
  return {
    schema: "kso.config/1",
    target,
    release: lock.release,
    kubernetes: lock.kubernetes,
    registry: registryUrl(site.registry),
    ...(output !== undefined && { output }),
    files,
    notes,
    ...(checked && { check: checked }),
  };
}
