// The control plane's images. kubespray learns them from `kubeadm config images list`; which those are follows from the
// configuration that it hands to kubeadm, and from kubeadm's own rule (cmd/kubeadm/app/images: GetControlPlaneImages).
import { TemplateFailure } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { Dict, isTruthy } from "../ansible/jinja/values.ts";
import { readYamlDocuments } from "../ansible/yaml.ts";
import type { Checkout } from "./checkout.ts";

const controlPlane = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"];

/** An item of `downloads` that the download role makes of an image that kubeadm names. */
export interface KubeadmItem {
  readonly name: string;
  /** As they would be written in `downloads`. */
  readonly fields: Dict;
}

/** The items that the download role makes of kubeadm's images. */
export function kubeadmItems({ kubeadm }: Checkout, templar: Templar): readonly KubeadmItem[] {
  if (isTruthy(templar.expression("skip_kubeadm_images | default(false)"))) return [];
  try {
    return imagesOf(clusterConfiguration(kubeadm, templar));
  } catch (thrown) {
    if (!(thrown instanceof TemplateFailure) || thrown.kind === "limit") throw thrown;
    return writtenImages(kubeadm ?? "");
  }
}

function kubeadmItem(name: string, repo: string, tag: string): KubeadmItem {
  return {
    name: `kubeadm_${name}`,
    fields: new Dict([
      ["enabled", true],
      ["container", true],
      ["repo", repo],
      ["tag", tag],
      ["groups", ["k8s_cluster"]],
    ]),
  };
}

/** Renders the configuration for kubeadm. @throws TemplateFailure for one that cannot be evaluated. */
function clusterConfiguration(template: string | undefined, templar: Templar): Dict {
  if (template === undefined) throw new TemplateFailure("invalid", "there is no configuration for kubeadm");
  const documents = readYamlDocuments(templar.document(template), "kubeadm-images.yaml");
  const configuration = documents.find(
    (document) => document instanceof Dict && document.get("kind") === "ClusterConfiguration",
  );
  if (configuration instanceof Dict) return configuration;
  throw new TemplateFailure("invalid", "the configuration for kubeadm has no ClusterConfiguration");
}

/** The images that kubeadm names for a configuration. @throws TemplateFailure for one without a version. */
function imagesOf(configuration: Dict): readonly KubeadmItem[] {
  const repository = textIn(configuration, "imageRepository") ?? "registry.k8s.io";
  const version = textIn(configuration, "kubernetesVersion");
  if (version === undefined) throw new TemplateFailure("invalid", "the configuration names no Kubernetes version");
  const images = controlPlane.map((name) => kubeadmItem(name, `${repository}/${name}`, version));
  const etcd = configuration.get("etcd");
  const local = etcd instanceof Dict ? etcd.get("local") : undefined;
  if (!(local instanceof Dict)) return images;
  const etcdRepository = textIn(local, "imageRepository") ?? repository;
  return [...images, kubeadmItem("etcd", `${etcdRepository}/etcd`, textIn(local, "imageTag") ?? "")];
}

function textIn(dict: Dict, key: string): string | undefined {
  const value = dict.get(key);
  return typeof value === "string" ? value : undefined;
}

/**
 * The images as the template's own lines name them, for a template of which some other part cannot be evaluated, such as etcd's
 * addresses, which only facts of running hosts have. An error in those lines is reported with each item.
 */
function writtenImages(template: string): readonly KubeadmItem[] {
  const line = (key: string, fallback: string): string =>
    new RegExp(`^${key}: *(\\S.*)$`, "m").exec(template)?.[1] ?? fallback;
  const repository = line("imageRepository", "{{ kube_image_repo }}");
  const version = line("kubernetesVersion", "{{ kube_version if kube_version is match('v') else 'v' ~ kube_version }}");
  return controlPlane.map((name) => kubeadmItem(name, `${repository}/${name}`, version));
}
