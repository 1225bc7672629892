import { expect, test } from "bun:test";
import { hostOf, isPrivateHost, pathOf, withoutUser } from "../../src/kubespray/site-address.ts";

test.each([
  ["https://dl.k8s.io/release/kubelet", "dl.k8s.io", "/release/kubelet"],
  ["http://user:word@10.0.0.5:8080/k8s", "10.0.0.5:8080", "/k8s"],
  ["http://[fd00::1]:8080/x", "[fd00::1]:8080", "/x"],
  ["quay.io/calico/node", "quay.io", "/calico/node"],
  ["Mirror.Site:5000/pause", "mirror.site:5000", "/pause"],
  ["localhost/pause", "localhost", "/pause"],
])("%s has a host and a path", (address, host, path) => {
  expect([hostOf(address), pathOf(address)]).toEqual([host, path]);
});

test.each([
  ["https://user:w@rd@files.corp/x@1", "https://files.corp/x@1"],
  ["https://files.corp/x@1", "https://files.corp/x@1"],
])("%s without a name and a password", (url, bare) => {
  expect(withoutUser(url)).toBe(bare);
  expect(hostOf(url)).toBe("files.corp");
});

test.each(["library/nginx", "ftp://host.site/x", "", undefined])("%p has no host", (address) => {
  expect(hostOf(address)).toBeUndefined();
});

test.each([
  "10.0.0.5",
  "10.0.0.5:8080",
  "[fd00::1]:80",
  "mirror",
  "harbor:443",
  "files.corp",
  "a.home.arpa",
  "x.lan:5000",
])("%s is a site's own", (host) => {
  expect(isPrivateHost(host)).toBeTrue();
});

test.each(["quay.io", "mirror.site.com:5000", "10.0.0.5.nip.io", "registry.cn-hangzhou.aliyuncs.com"])(
  "%s may be public",
  (host) => {
    expect(isPrivateHost(host)).toBeFalse();
  },
);
