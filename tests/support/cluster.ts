// The made-up checkout and what its cluster asks for, on real servers: for tests that go from an inventory to a served bundle.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "./archives.ts";
import { mixedCluster, modern, plant, sums, type Tree } from "./checkout.ts";
import { type Outcome, run } from "./containers.ts";
import type { SeededImage } from "./images.ts";
import { file, type Origin, pair, programs, type Release, startOrigin } from "./origin.ts";
import { ways } from "./program.ts";
import { sha } from "./seed.ts";
import { temporary } from "./temp.ts";

/** A folder with a checkout in `kubespray`, its upstream, and kso.yaml with the mirrors that lead there. */
export interface ClusterSite extends AsyncDisposable {
  readonly origin: Origin;
  /** A path in the folder. */
  at(...names: string[]): string;
  /** Writes an inventory of hosts of both architectures below `name`; `all`: its group_vars/all.yml. @returns the flags that name it. */
  inventory(name: string, all: string): readonly string[];
  /** The compiled binary, in the folder. */
  kso(...args: readonly string[]): Promise<Outcome>;
}

/** The archive of etcd that the servers have. */
export const servedEtcd: Buffer = gzipSync(tar([{ name: "etcd/etcd", content: programs.amd64 }]));
/** The made-up checkout, with the digests of what the servers have. */
export const servedCheckout: Tree = Object.fromEntries(
  Object.entries(modern).map(([path, text]) => [
    path,
    text
      .replaceAll(`sha256:${sums.amd64}`, sha(programs.amd64))
      .replaceAll(`sha256:${sums.arm64}`, sha(programs.arm64))
      .replaceAll(sums.amd64, sha(servedEtcd).slice("sha256:".length)),
  ]),
);
const etcdPath = "github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-amd64.tar.gz";

/** The images that the cluster asks for. */
export const clusterImages: readonly string[] = [
  ...["quay.io/calico/node:v3.31.5", "registry.k8s.io/pause:3.10.1"],
  ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
    (name) => `registry.k8s.io/${name}:v1.35.4`,
  ),
];

/** All that the cluster asks for. */
export const servedCluster: Release = {
  files: [
    ...(["amd64", "arm64"] as const).map((arch) =>
      file("kubelet", arch, `dl.k8s.io/release/v1.35.4/bin/linux/${arch}/kubelet`, programs[arch]),
    ),
    file("etcd", "amd64", etcdPath, servedEtcd),
  ],
  images: Object.fromEntries(clusterImages.map((name) => [name, pair(name)])),
};

/** Starts the upstream; `images` are there instead of, or beside, those that the cluster asks for. */
export async function openClusterSite(images: Readonly<Record<string, SeededImage>> = {}): Promise<ClusterSite> {
  const folder = temporary();
  const at = (...names: string[]): string => join(folder.path, "site", ...names);
  chmodSync(folder.path, 0o755);
  plant(at("kubespray"), servedCheckout);
  const origin = await startOrigin(join(folder.path, "origin"));
  await origin.publish("cluster", { ...servedCluster, images: { ...servedCluster.images, ...images } });
  const mirrors = [
    ...["dl.k8s.io", "github.com"].map((host) => `  ${host}: http://127.0.0.1:${origin.files.port}/${host}\n`),
    ...["quay.io", "registry.k8s.io"].map((host) => `  ${host}: http://127.0.0.1:${origin.registry.port}/${host}\n`),
  ];
  writeFileSync(at("kso.yaml"), `mirror:\n${mirrors.join("")}`);
  const env = { SOURCE_DATE_EPOCH: "1790000000", NO_COLOR: "1" };
  const own = { HOME: join(folder.path, "home"), XDG_CACHE_HOME: join(folder.path, "cache") };
  return {
    origin,
    at,
    inventory(name, all) {
      plant(at(name), { "inventory.ini": mixedCluster, "group_vars/all.yml": all });
      return ["--kubespray-dir", "kubespray", "--inventory", name];
    },
    kso: (...args) => run("sh", ["-c", 'cd "$0" && exec "$@"', at(), ...ways.binary, ...args], { ...env, ...own }),
    async [Symbol.asyncDispose]() {
      await origin.stop();
      folder[Symbol.dispose]();
    },
  };
}
