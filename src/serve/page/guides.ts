// What to paste, step by step: for kubespray, for each container engine, for any node, and for a shell.

import type { Language } from "../../core/language.ts";
import { printable } from "../../core/quote.ts";
import { shellWord } from "../../core/shell.ts";
import { type ConfigFile, configDirectories } from "../../endpoints/mirror-files.ts";
import { type ClusterVariables, configFlags, type NodeFiles, type ServerAccess } from "./configuration.ts";
import { messages } from "./messages.ts";
import type { PageModel, PageRelease } from "./model.ts";

/** One step of a guide. */
export interface GuideStep {
  readonly title: string;
  readonly note?: string;
  /** A file that this server hands out. */
  readonly download?: { readonly href: string; readonly name: string };
  /** To paste. */
  readonly lines?: string;
  /** Files to look at. */
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  /** What kso has to say about it, in its own language. */
  readonly remarks?: readonly string[];
}

/** One program, and the steps that make it use this server. */
export interface Guide {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly GuideStep[];
}

/** What the guides are made from. */
export interface GuideOptions {
  readonly model: PageModel;
  readonly release: PageRelease;
  readonly access: ServerAccess;
  /** SHA-256 of the CA: `AB:CD:…`, where kso made it. */
  readonly fingerprint: string | undefined;
  readonly language: Language;
  /** Undefined where nobody knows the release, or there are no files or no registry. */
  readonly cluster: ClusterVariables | undefined;
  readonly nodes: NodeFiles | undefined;
}

/** The guides in the order in which they are shown. */
export function guides(options: GuideOptions): Guide[] {
  const message = messages[options.language];
  const engine = (name: Engine): Guide => ({ id: name, title: message[name], steps: engineSteps(options, name) });
  return [
    { id: "kubespray", title: message.kubespray, steps: kubespraySteps(options) },
    engine("containerd"),
    engine("crio"),
    engine("docker"),
    { id: "node", title: message.nodeScript, steps: nodeSteps(options) },
    { id: "curl", title: message.curl, steps: curlSteps(options) },
  ];
}

type Engine = "containerd" | "crio" | "docker";

function kubespraySteps(options: GuideOptions): GuideStep[] {
  const { model, release, access, language, cluster } = options;
  const message = messages[language];
  if (access.addresses.registry === undefined) return [{ title: message.noRegistry, note: message.noRegistryNote }];
  if (access.addresses.files === undefined) return [{ title: message.noFiles, note: message.noFilesNote }];
  const { version } = release.lock.release;
  if (!cluster) return [{ title: message.unknownRelease(version), note: message.unknownReleaseNote }];
  const href = offlinePath(model, release);
  const target = "inventory/mycluster/group_vars/all/offline.yml";
  const isUpgrade = model.releases.length > 1;
  const path = model.releases.map(({ id }) => id).reverse();
  return [
    ...trustSteps(options),
    {
      title: message.saveOffline,
      note: message.saveOfflineNote,
      download: { href, name: "offline.yml" },
      lines: `${curlCommand(access)} -o ${target} ${shellWord(access.addresses.pages + href)}`,
      files: [{ name: "offline.yml", text: cluster.text }],
      remarks: cluster.remarks,
    },
    {
      title: message.check,
      note: message.checkNote,
      lines: configLine("kubespray", release, [
        ...(release.isPart ? [`--kubespray ${word(version)}`] : []),
        ...configFlags(access, "cluster"),
        "--check",
      ]),
    },
    {
      title: message.run,
      note: isUpgrade ? message.runUpgradeNote(path.join(" → ")) : message.runNote(version),
      lines: [
        `git checkout ${word(`v${version}`)}   # kubespray`,
        "ansible-playbook -i inventory/mycluster/inventory.ini -b cluster.yml",
      ].join("\n"),
    },
  ];
}

/** The steps of one engine on every node. */
function engineSteps(options: GuideOptions, engine: Engine): GuideStep[] {
  const { access, language, nodes, release } = options;
  const message = messages[language];
  if (!nodes) return [{ title: message.noRegistry, note: message.noRegistryNote }];
  const directory = configDirectories[engine];
  const image =
    release.rows.find(({ kind, absence }) => kind === "image" && !absence)?.name ?? "registry.k8s.io/pause:3.10";
  const pull = {
    containerd: `ctr images pull --hosts-dir ${directory} ${image}`,
    crio: `crictl pull ${image}`,
    docker: `docker pull ${access.addresses.registry}/${image}`,
  };
  return [
    ...trustSteps(options),
    { title: message.onEachNode, note: message[`${engine}Note`], lines: scriptLines(access, engine) },
    {
      title: message.whatIsWritten,
      note: message.whatIsWrittenNote,
      lines: configLine(engine, release, [...configFlags(access, "nodes"), `-o ${directory}`]),
      files: textFiles(nodes[engine]).map(({ path, content }) => ({ name: `${directory}/${path}`, text: content })),
    },
    { title: message.tryPull, lines: pull[engine] },
  ];
}

/** One of the same certificates is enough to look at. */
function textFiles(files: readonly ConfigFile[]): readonly ConfigFile[] {
  return files.filter(({ path }) => !path.endsWith(".crt"));
}

function nodeSteps(options: GuideOptions): GuideStep[] {
  const { access, language, nodes } = options;
  const message = messages[language];
  if (!nodes) return [{ title: message.noRegistry, note: message.noRegistryNote }];
  return [
    ...trustSteps(options),
    {
      title: message.getScript,
      note: message.getScriptNote,
      download: { href: scriptPath, name: scriptName },
      lines: scriptLines(access),
      files: [{ name: scriptName, text: nodes.script }],
    },
    { title: message.undoScript, lines: `sh ${scriptName} --undo` },
  ];
}

function curlSteps(options: GuideOptions): GuideStep[] {
  const { access, language, release } = options;
  const message = messages[language];
  const { files, pages } = access.addresses;
  const name = release.rows.find(({ kind, absence }) => kind === "file" && !absence)?.name;
  return [
    ...trustSteps(options),
    ...(name === undefined || files === undefined
      ? []
      : [
          {
            title: message.oneFile,
            note: message.curlNote,
            lines: `${curlCommand(access)} -LO ${shellWord(`${files}/k8s/${name}`)}`,
          },
        ]),
    {
      title: message.isItWell,
      lines: `${curlCommand(access)} ${pages}/health\n${curlCommand(access)} ${pages}/missing`,
    },
  ];
}

/** Where the script is, and the name that it is saved under. */
export const scriptName = "kso-node.sh";
export const scriptPath = "/kso-node.sh";

/** Where the variables of a release are. */
function offlinePath({ releases }: PageModel, { id }: PageRelease): string {
  return releases.length === 1 ? "/offline.yml" : `/offline.yml?release=${encodeURIComponent(id)}`;
}

function scriptLines(access: ServerAccess, engine?: Engine): string {
  return `${curlCommand(access)} -o ${scriptName} ${access.addresses.pages}${scriptPath}
sh ${scriptName}${engine ? ` ${engine}` : ""}`;
}

/** Comes first where kso made the CA: what follows checks against it. */
function trustSteps({ access, language, fingerprint }: GuideOptions): GuideStep[] {
  if (fingerprint === undefined) return [];
  const message = messages[language];
  const { pages } = access.addresses;
  return [
    {
      title: message.takeCa,
      note: `${message.caNote} ${fingerprint}`,
      lines: `curl -fsS -k${access.requiresPassword ? " -u NAME" : ""} -o kso-ca.pem ${pages}/ca.pem
openssl x509 -in kso-ca.pem -noout -fingerprint -sha256`,
    },
  ];
}

/** The beginning of a line with which curl asks this server. */
export function curlCommand({ ca, requiresPassword }: ServerAccess): string {
  return `curl -fsS${ca === undefined ? "" : " --cacert kso-ca.pem"}${requiresPassword ? " -u NAME" : ""}`;
}

/** The command, with a flag a line. */
function configLine(target: Engine | "kubespray", { bundle }: PageRelease, flags: readonly string[]): string {
  return [`kso config ${target} ${bundle.map(word).join(" ")}`, ...flags].join(" \\\n  ");
}

/** A text of others as one word, on one line. */
function word(text: string): string {
  return shellWord(printable(text));
}
