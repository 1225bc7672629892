// References that roles name and that no plugin owns on purpose, with the reason. The audit fails for any other that nobody owns.

/** A reference that may go without an owner. */
export interface Waiver {
  /** Of a variable, or of an image as it stands in a template. */
  readonly name: RegExp;
  readonly reason: string;
}

const packages = "packages of the operating system come from mirrors that the site has for it";
const siteAddress = "an address of the site itself";
const nvidia =
  "drivers built for two distributions of 2018, named by a digest alone; NVIDIA's GPU operator has taken their place";
const scheduler =
  "upstream has no build for the Kubernetes versions of this release, and the role does not run with them";

/** All waivers, of all releases. */
export const waivers: readonly Waiver[] = [
  { name: /^gcr_image_repo$/, reason: "the head of names that releases from 2.27 on no longer have" },
  { name: /^(docker|containerd)_(ubuntu|debian|fedora|rh)_repo_base_url$/, reason: packages },
  { name: /^(external_)?(openstack|huaweicloud|cinder)_auth_url$/, reason: siteAddress },
  { name: /^etcd_(events_)?(peer|client)_url$/, reason: siteAddress },
  { name: /^audit_webhook_server_url$/, reason: siteAddress },
  { name: /^nvidia_gpu_(tesla|gtx)_base_url$/, reason: nvidia },
  { name: /^\{\{ nvidia_(driver_install|gpu_device_plugin)_container \}\}$/, reason: nvidia },
  { name: /^registry\.k8s\.io\/(ubuntu-nvidia-driver-installer|nvidia-gpu-device-plugin)@sha256:/, reason: nvidia },
  { name: /^(\{\{ )?scheduler_plugins_(controller|scheduler)_image_repo\b/, reason: scheduler },
];
