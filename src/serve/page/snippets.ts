// Lines to paste: commands and configuration files for an address and for what is in the bundle.
import type { Language } from "../../core/language.ts";
import { parseReference } from "../../core/reference.ts";
import type { Addresses } from "./addresses.ts";
import type { ClusterVariables } from "./kubespray.ts";
import { messages } from "./messages.ts";
import type { PageModel } from "./model.ts";

/** The CA of the server, as the page names it. */
export interface CertificateAuthority {
  /** SHA-256: `AB:CD:…`. */
  readonly fingerprint: string;
}

/** One program, and what makes it use this server. */
export interface Snippet {
  readonly title: string;
  /** Shown from the start. */
  readonly open: boolean;
  readonly parts: readonly { readonly note: string; readonly text: string }[];
}

interface SnippetOptions {
  readonly model: PageModel;
  readonly addresses: Addresses;
  readonly language: Language;
  readonly ca: CertificateAuthority | undefined;
  /** Clients must give a password. */
  readonly requiresPassword: boolean;
  readonly kubespray: readonly ClusterVariables[];
}

/** Returns a snippet for each program. */
export function snippets(options: SnippetOptions): Snippet[] {
  const { model, addresses, language, ca, requiresPassword, kubespray } = options;
  const message = messages[language];
  const command = { note: message.kubesprayMore, text: configLines(addresses, ca !== undefined, requiresPassword) };
  const trust = ca ? [{ note: `${message.caNote} ${ca.fingerprint}`, text: caLines(addresses) }] : [];
  const registry = (parts: Snippet["parts"]): Snippet["parts"] =>
    addresses.registry === undefined ? [{ note: message.noRegistry, text: "" }] : parts;
  const docker = addresses.secure
    ? ca
      ? [{ note: message.dockerCa, text: dockerTrust(addresses) }]
      : []
    : [{ note: message.dockerInsecure, text: dockerInsecure(addresses) }];
  return [
    {
      title: message.kubespray,
      open: true,
      parts: registry([
        ...kubespray.map(({ release, text }) => ({
          note: kubespray.length > 1 ? `${release}: ${message.kubesprayNote}` : message.kubesprayNote,
          text,
        })),
        ...trust,
        command,
      ]),
    },
    {
      title: message.containerd,
      open: false,
      parts: registry([
        ...trust,
        { note: message.containerdNote, text: containerdLines(model, addresses, ca !== undefined) },
      ]),
    },
    {
      title: message.docker,
      open: false,
      parts: registry([...docker, { note: message.dockerNote, text: dockerLines(model, addresses) }]),
    },
    {
      title: message.curl,
      open: false,
      parts: [...trust, { note: message.curlNote, text: curlLines(model, addresses, ca !== undefined) }],
    },
  ];
}

/** The registries that the bundle's images come from. */
function registryHostsOf({ rows }: PageModel): string[] {
  const hosts = rows.filter(({ kind }) => kind === "image").map(({ name }) => parseReference(name).host);
  return [...new Set(hosts)].sort();
}

/** hosts.toml for each registry (https://github.com/containerd/containerd/blob/main/docs/hosts.md), in one loop of a shell. */
function containerdLines(model: PageModel, { registry = "", secure }: Addresses, ca: boolean): string {
  const url = `${secure ? "https" : "http"}://${registry}`;
  const trust = ca ? `\n  ca = "/etc/containerd/certs.d/kso-ca.pem"` : "";
  return `for host in ${registryHostsOf(model).join(" ")}; do
  mkdir -p /etc/containerd/certs.d/$host
  cat > /etc/containerd/certs.d/$host/hosts.toml <<EOF
server = "${url}"
[host."${url}"]
  capabilities = ["pull", "resolve"]${trust}
EOF
done`;
}

function dockerLines(model: PageModel, { registry = "" }: Addresses): string {
  const image = model.rows.find(({ kind }) => kind === "image")?.name ?? "registry.k8s.io/pause:3.10";
  return `docker pull ${registry}/${image}`;
}

/** https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file */
function dockerInsecure({ registry = "" }: Addresses): string {
  return JSON.stringify({ "insecure-registries": [registry] }, null, 2);
}

function dockerTrust({ files, registry = "" }: Addresses): string {
  return `mkdir -p /etc/docker/certs.d/${registry}
curl -fsS -k -o /etc/docker/certs.d/${registry}/ca.crt ${files}/ca.pem`;
}

function caLines({ files }: Addresses): string {
  return `curl -fsS -k -o kso-ca.pem ${files}/ca.pem
openssl x509 -in kso-ca.pem -noout -fingerprint -sha256
install -D -m 0644 kso-ca.pem /etc/containerd/certs.d/kso-ca.pem`;
}

function curlLines(model: PageModel, { files }: Addresses, ca: boolean): string {
  const name = model.rows.find(({ kind }) => kind === "file")?.name;
  const trust = ca ? " --cacert kso-ca.pem" : "";
  return [
    ...(name === undefined ? [] : [`curl${trust} -fLO ${files}/k8s/${name}`]),
    `curl${trust} -fsS ${files}/health`,
    `curl${trust} -fsS ${files}/missing`,
  ].join("\n");
}

/** The command that writes a cluster's variables, and the one that checks them. */
function configLines({ files, registry = "", secure }: Addresses, ca: boolean, requiresPassword: boolean): string {
  const flags = [
    `--files-url ${files}/k8s --registry-host ${secure ? "https" : "http"}://${registry} --map keep-host`,
    ...(ca ? ["--ca kso-ca.pem"] : []),
    ...(requiresPassword ? ["--credentials files,registry"] : []),
  ].join(" ");
  return `kso config kubespray bundle.tar ${flags} -o offline.yml
kso config kubespray bundle.tar ${flags} --check`;
}
