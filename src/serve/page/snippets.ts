// Lines to paste: an address and what is in the bundle travel in, the text of configuration files and commands travels out.
import { parseReference } from "../../core/reference.ts";
import type { Addresses } from "./addresses.ts";
import { type Language, messages } from "./messages.ts";
import type { PageModel } from "./model.ts";

/** CA of the server: what it must be. */
export interface CertificateAuthority {
  /** SHA-256: `AB:CD:…`. */
  readonly fingerprint: string;
}

/** One program, and what it wants to be told. */
export interface Snippet {
  readonly title: string;
  /** Shown from the start. */
  readonly open: boolean;
  readonly parts: readonly { readonly note: string; readonly text: string }[];
}

interface Given {
  readonly model: PageModel;
  readonly addresses: Addresses;
  readonly language: Language;
  readonly ca: CertificateAuthority | undefined;
  readonly secret: boolean;
  readonly kubespray: string | undefined;
}

export function snippets({ model, addresses, language, ca, secret, kubespray }: Given): Snippet[] {
  const w = messages[language];
  const command = { note: w.kubesprayMore, text: configLines(addresses, ca !== undefined, secret) };
  const trust = ca ? [{ note: `${w.caNote} ${ca.fingerprint}`, text: caLines(addresses) }] : [];
  const registry = (parts: Snippet["parts"]): Snippet["parts"] =>
    addresses.registry === undefined ? [{ note: w.noRegistry, text: "" }] : parts;
  const docker = addresses.secure
    ? ca
      ? [{ note: w.dockerCa, text: dockerTrust(addresses) }]
      : []
    : [{ note: w.dockerInsecure, text: dockerInsecure(addresses) }];
  return [
    {
      title: w.kubespray,
      open: true,
      parts: registry([
        ...(kubespray === undefined ? [] : [{ note: w.kubesprayNote, text: kubespray }]),
        ...trust,
        command,
      ]),
    },
    {
      title: w.containerd,
      open: false,
      parts: registry([
        ...trust,
        { note: w.containerdNote, text: containerdLines(model, addresses, ca !== undefined) },
      ]),
    },
    {
      title: w.docker,
      open: false,
      parts: registry([...docker, { note: w.dockerNote, text: dockerLines(model, addresses) }]),
    },
    {
      title: w.curl,
      open: false,
      parts: [...trust, { note: w.curlNote, text: curlLines(model, addresses, ca !== undefined) }],
    },
  ];
}

/** The registries that the bundle's images come from. */
function originsOf({ rows }: PageModel): string[] {
  const hosts = rows.filter(({ kind }) => kind === "image").map(({ name }) => parseReference(name).host);
  return [...new Set(hosts)].sort();
}

/** hosts.toml for each origin (https://github.com/containerd/containerd/blob/main/docs/hosts.md), in one loop of a shell. */
function containerdLines(model: PageModel, { registry = "", secure }: Addresses, ca: boolean): string {
  const url = `${secure ? "https" : "http"}://${registry}`;
  const trust = ca ? `\n  ca = "/etc/containerd/certs.d/kso-ca.pem"` : "";
  return `for host in ${originsOf(model).join(" ")}; do
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

/** The command that writes the variables of the very release, and the one that checks them. */
function configLines({ files, registry = "", secure }: Addresses, ca: boolean, secret: boolean): string {
  const flags = [
    `--files-url ${files}/k8s --registry-host ${secure ? "https" : "http"}://${registry}`,
    ...(ca ? ["--ca kso-ca.pem"] : []),
    ...(secret ? ["--credentials files,registry"] : []),
  ].join(" ");
  return `kso config kubespray bundle.tar ${flags} -o offline.yml
kso config kubespray bundle.tar ${flags} --check`;
}
