// The control plane's images. kubespray learns them from `kubeadm config images list`; which those are follows from the
// configuration that it hands to kubeadm, and from kubeadm's own rule (cmd/kubeadm/app/images: GetControlPlaneImages).
import { TemplateFailure } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, isTruthy, type PythonValue } from "../ansible/jinja/values.ts";
import { documentsOf } from "../ansible/yaml.ts";
import type { Checkout } from "./checkout.ts";

const parts = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/** The items that the download role makes of them, each built by `make` from its raw fields. */
export function kubeadmItems<T>(
  checkout: Checkout,
  host: Templar,
  make: (name: string, fields: Dict) => T,
): readonly T[] {
  const item = (name: string, repo: PythonValue, tag: PythonValue): T =>
    make(
      `kubeadm_${name}`,
      new Dict([
        ["enabled", true],
        ["container", true],
        ["repo", repo],
        ["tag", tag],
        ["groups", ["k8s_cluster"]],
      ]),
    );
  if (isTruthy(host.expression("skip_kubeadm_images | default(false)"))) return [];
  try {
    const config = clusterConfiguration(checkout, host);
    const text = (from: Dict, key: string): string | undefined => {
      const value = from.get(key);
      return typeof value === "string" ? value : undefined;
    };
    const repository = text(config, "imageRepository") ?? "registry.k8s.io";
    const version = text(config, "kubernetesVersion");
    if (version === undefined) throw new TemplateFailure("wrong", "the configuration names no Kubernetes version");
    const etcd = config.get("etcd");
    const local = etcd instanceof Dict ? etcd.get("local") : undefined;
    return [
      ...parts.map((name) => item(name, `${repository}/${name}`, version)),
      ...(local instanceof Dict
        ? [item("etcd", `${text(local, "imageRepository") ?? repository}/etcd`, text(local, "imageTag") ?? "")]
        : []),
    ];
  } catch (thrown) {
    if (!(thrown instanceof TemplateFailure) || thrown.kind === "limit") throw thrown;
    // Some other part of it cannot be evaluated, such as etcd's addresses, which only facts of running hosts have: the lines
    // that name the images, then. Whatever is wrong with those, each item says so itself.
    const line = (key: string, usual: string): string =>
      new RegExp(`^${key}: *(\\S.*)$`, "m").exec(checkout.kubeadm ?? "")?.[1] ?? usual;
    const repository = line("imageRepository", "{{ kube_image_repo }}");
    const version = line(
      "kubernetesVersion",
      "{{ kube_version if kube_version is match('v') else 'v' ~ kube_version }}",
    );
    return parts.map((name) => item(name, `${repository}/${name}`, version));
  }
}

function clusterConfiguration(checkout: Checkout, host: Templar): Dict {
  if (checkout.kubeadm === undefined) throw new TemplateFailure("wrong", "there is no configuration for kubeadm");
  const documents = documentsOf(host.document(checkout.kubeadm), "kubeadm-images.yaml");
  const found = documents.find((one) => one instanceof Dict && one.get("kind") === "ClusterConfiguration");
  if (found instanceof Dict) return found;
  throw new TemplateFailure("wrong", "the configuration for kubeadm has no ClusterConfiguration");
}
