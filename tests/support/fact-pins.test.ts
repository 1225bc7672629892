// The pins of made-up facts: thresholds inside a minor version, tags that follow a version, values that are not decided.
import { expect, test } from "bun:test";
import { importPins } from "./fact-pins.ts";
import type { Facts, Pins, ReleaseFacts } from "./facts.ts";

const facts = (version: Record<string, string>, image: Record<string, string> = {}): Facts => ({
  tag: "v9.0.0",
  commit: "0",
  commit_date: "2026-01-01",
  checksums: {},
  kube_versions: {},
  download_url_templates: {},
  downloads_raw: {},
  version_expressions: version,
  image_templates: image,
  shadowed_elsewhere: [],
});
const at = (kubernetes: string, vars: Record<string, unknown>): Pins => ({
  broken: [],
  supported_versions: { etcd_supported_versions: { "1.30": "1", "1.31": "1" }, m: { "1.30": "v7", "1.31": "v8" } },
  vars: { kube_version: kubernetes, ...vars },
});

test("a threshold inside a minor version becomes a step", () => {
  const release: ReleaseFacts = {
    facts: facts({
      coredns_version: "{{ 'b' if kube_version is version('1.30.5', '>=') else 'a' }}",
      helm_version: "v3",
    }),
    pins: [
      at("1.31.2", { coredns_version: "b", helm_version: "v3" }),
      at("1.30.0", { coredns_version: "a", helm_version: "v3" }),
    ],
  };
  expect(importPins(release)).toEqual({
    pins: { helm_version: "3" },
    byKubernetes: {
      coredns_version: [
        { from: "1.30.0", value: "a" },
        { from: "1.30.5", value: "b" },
      ],
    },
  });
});

test("a tag that repeats a version, or looks one up, follows the Kubernetes version where only the default was evaluated", () => {
  const release: ReleaseFacts = {
    facts: facts(
      { etcd_version: "{{ etcd_supported_versions[kube_major_version] }}" },
      {
        etcd_image_tag: "v{{ etcd_version }}",
        snapshot_image_tag: "{{ m[kube_major_version] }}",
        fixed_image_tag: "v1",
      },
    ),
    pins: [at("1.31.2", { etcd_version: "3.6", etcd_image_tag: "v3.6" }), at("1.30.0", { etcd_version: "3.5" })],
  };
  expect(importPins(release)).toEqual({
    pins: { fixed_image_tag: "v1" },
    byKubernetes: {
      etcd_version: [
        { from: "1.30.0", value: "3.5" },
        { from: "1.31.0", value: "3.6" },
      ],
      etcd_image_tag: [
        { from: "1.30.0", value: "v3.5" },
        { from: "1.31.0", value: "v3.6" },
      ],
      snapshot_image_tag: [
        { from: "1.30.0", value: "v7" },
        { from: "1.31.0", value: "v8" },
      ],
    },
  });
});

test("values that the evaluations do not decide are refused", () => {
  const release: ReleaseFacts = {
    facts: facts({ x_version: "{{ kube_major_version }}" }),
    pins: [at("1.31.2", { x_version: "b" })],
  };
  expect(() => importPins(release)).toThrow("Cannot import x_version: no value for Kubernetes 1.30.0 to 1.31.0");
});
