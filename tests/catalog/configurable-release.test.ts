// How the release of a lock is configured: by what the lock brings along, unless that says more than where something lies.
import { expect, test } from "bun:test";
import { plugins } from "../../plugins/index.ts";
import { configurableRelease, plannedRelease, spelledRelease } from "../../src/catalog/configurable-release.ts";
import { openCatalog } from "../../src/catalog/open.ts";
import { plant } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

const fork = { name: "kubespray-2.99.0", version: "2.99.0", commit: "unknown" };
const own = { ...fork, name: "kubespray-2.31.0", version: "2.31.0" };

test("the origins of every embedded release pass as a bundle's, and are no part of a plan that another kso can know", () => {
  for (const version of catalog.releases) {
    const { name, origins = {} } = catalog.release(version);
    expect(configurableRelease(catalog, { name, version, commit: "", origins })).toEqual({ name, version, origins });
    expect(plannedRelease(catalog, { name, version, commit: "" }, origins)).toEqual({ name, version, commit: "" });
  }
});

test("a plan has the origins of a release that is not embedded, or differs", () => {
  const origins = { quay_image_repo: "quay.io" };
  expect(plannedRelease(catalog, fork, origins)).toEqual({ ...fork, origins });
  expect(plannedRelease(catalog, own, origins)).toEqual({ ...own, origins });
  expect(plannedRelease(catalog, fork, undefined)).toEqual(fork);
  using folder = temporary();
  const overlay = { name: "kubespray-2.31.0", pins: { helm_version: "3.99.0" } };
  plant(folder.path, { "releases/kubespray-2.31.0.json": JSON.stringify(overlay) });
  const user = openCatalog({ plugins, folder: folder.path });
  const { origins: embedded = {} } = user.release("2.31.0");
  expect(plannedRelease(user, own, embedded)).toEqual({ ...own, origins: embedded });
});

test("a bundle's own origins win over those of the embedded release; without any, an unknown release is not known", () => {
  const origins = { quay_image_repo: "quay.io" };
  expect(configurableRelease(catalog, { ...own, origins })?.origins).toEqual(origins);
  expect(configurableRelease(catalog, own)).toEqual(catalog.release("2.31.0"));
  expect(configurableRelease(catalog, fork)).toBeUndefined();
});

test.each([
  "https://x.com/{{ lookup('pipe', 'id') }}",
  "https://x.com/{{ query('file', '/etc/passwd') }}",
  "https://x.com/{{ a.__class__ }}",
  "https://x.com/{{ a | map('extract', hostvars) }}",
  "https://x.com/{{ a | regex_replace('a', lookup('pipe', 'id')) }}",
  "https://x.com/{{ a }}{% set b = 1 %}",
  "https://x.com/{# a #}",
  "https://x.com/{{ a | default(b) }}",
  "https://x.com/{{ '{{ a }}' }}",
  "quay.io\nansible_become_password: x",
  'quay.io" x',
  `https://x.com/${"a".repeat(3000)}`,
])("an expression that a bundle may not write into an inventory makes it one without origins: %s", (value) => {
  expect(
    configurableRelease(catalog, { ...own, origins: { quay_image_repo: "quay.io", github_url: value } }),
  ).toBeUndefined();
});

test("a version that says nothing is spelled as the release with the most origins in common", () => {
  const spelled = (version: string, like: string): string | undefined =>
    spelledRelease(catalog, { name: "x", version, origins: catalog.release(like).origins ?? {} }).version;
  expect(spelled("2.99.0", "2.22.0")).toBe("2.99.0");
  for (const unknown of ["0.0.0", "the best"]) {
    expect(spelled(unknown, "2.31.0")).toBe("2.31.0");
    expect(spelled(unknown, "2.22.0")).toStartWith("2.22.");
    expect(spelled(unknown, "2.27.0")).toStartWith("2.27.");
  }
});
