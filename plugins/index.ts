// Every component kso knows. A test holds this table, the folder and `manifests/` equal.
import type { Plugin } from "../src/core/plugin.ts";
import albIngress from "./alb-ingress.ts";
import argocd from "./argocd.ts";
import awsEbsCsi from "./aws-ebs-csi.ts";
import azureCsi from "./azure-csi.ts";
import calico from "./calico.ts";
import cephfsProvisioner from "./cephfs-provisioner.ts";
import certManager from "./cert-manager.ts";
import cilium from "./cilium.ts";
import cinderCsi from "./cinder-csi.ts";
import cniPlugins from "./cni-plugins.ts";
import containerd from "./containerd.ts";
import coredns from "./coredns.ts";
import criDockerd from "./cri-dockerd.ts";
import crictl from "./crictl.ts";
import crio from "./crio.ts";
import crun from "./crun.ts";
import csiSidecars from "./csi-sidecars.ts";
import dashboard from "./dashboard.ts";
import dnsAutoscaler from "./dns-autoscaler.ts";
import etcd from "./etcd.ts";
import flannel from "./flannel.ts";
import gatewayApi from "./gateway-api.ts";
import gcpPdCsi from "./gcp-pd-csi.ts";
import gvisor from "./gvisor.ts";
import haproxy from "./haproxy.ts";
import hcloudCloudController from "./hcloud-cloud-controller.ts";
import helm from "./helm.ts";
import huaweiCloudController from "./huawei-cloud-controller.ts";
import ingressNginx from "./ingress-nginx.ts";
import kataContainers from "./kata-containers.ts";
import krew from "./krew.ts";
import kubeOvn from "./kube-ovn.ts";
import kubeRouter from "./kube-router.ts";
import kubeVip from "./kube-vip.ts";
import kubeletCsrApprover from "./kubelet-csr-approver.ts";
import kubernetes from "./kubernetes.ts";
import localPathProvisioner from "./local-path-provisioner.ts";
import localVolumeProvisioner from "./local-volume-provisioner.ts";
import metallb from "./metallb.ts";
import metricsServer from "./metrics-server.ts";
import multus from "./multus.ts";
import nerdctl from "./nerdctl.ts";
import netchecker from "./netchecker.ts";
import nginx from "./nginx.ts";
import nodeFeatureDiscovery from "./node-feature-discovery.ts";
import nodelocaldns from "./nodelocaldns.ts";
import ociCloudController from "./oci-cloud-controller.ts";
import openstackCloudController from "./openstack-cloud-controller.ts";
import prometheusOperatorCrds from "./prometheus-operator-crds.ts";
import rbdProvisioner from "./rbd-provisioner.ts";
import registry from "./registry.ts";
import runc from "./runc.ts";
import schedulerPlugins from "./scheduler-plugins.ts";
import skopeo from "./skopeo.ts";
import snapshotController from "./snapshot-controller.ts";
import upcloudCsi from "./upcloud-csi.ts";
import vsphereCloudController from "./vsphere-cloud-controller.ts";
import vsphereCsi from "./vsphere-csi.ts";
import weave from "./weave.ts";
import youki from "./youki.ts";
import yq from "./yq.ts";

/** The built-in plugins, by name. */
export const plugins: readonly Plugin[] = [
  albIngress,
  argocd,
  awsEbsCsi,
  azureCsi,
  calico,
  cephfsProvisioner,
  certManager,
  cilium,
  cinderCsi,
  cniPlugins,
  containerd,
  coredns,
  criDockerd,
  crictl,
  crio,
  crun,
  csiSidecars,
  dashboard,
  dnsAutoscaler,
  etcd,
  flannel,
  gatewayApi,
  gcpPdCsi,
  gvisor,
  haproxy,
  hcloudCloudController,
  helm,
  huaweiCloudController,
  ingressNginx,
  kataContainers,
  krew,
  kubeOvn,
  kubeRouter,
  kubeVip,
  kubeletCsrApprover,
  kubernetes,
  localPathProvisioner,
  localVolumeProvisioner,
  metallb,
  metricsServer,
  multus,
  nerdctl,
  netchecker,
  nginx,
  nodeFeatureDiscovery,
  nodelocaldns,
  ociCloudController,
  openstackCloudController,
  prometheusOperatorCrds,
  rbdProvisioner,
  registry,
  runc,
  schedulerPlugins,
  skopeo,
  snapshotController,
  upcloudCsi,
  vsphereCloudController,
  vsphereCsi,
  weave,
  youki,
  yq,
];
