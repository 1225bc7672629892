// offline.yml: the variables are those that Ansible evaluated (tests/golden/site), what it made of them is what the plan holds,
// and what each release's roles know of mirrors is honoured.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesFor, imagesOf } from "../../src/core/plan.ts";
import { configRemarks, offlineVariables } from "../../src/endpoints/kubespray.ts";
import { everything, lockOf, plain, written } from "../support/offline.ts";
import { golden } from "../support/paths.ts";
import { catalog, planFor } from "../support/plan.ts";

const folder = join(golden, "site");
const secure = {
  ...plain,
  registry: { scheme: "https" as const, host: "reg.site", prefix: "k8s" },
  ca: { pem: "-----BEGIN CERTIFICATE-----\n", path: "/etc/ssl/certs/kso-ca.pem" },
};

interface Golden {
  readonly variables: Record<string, string>;
  readonly files: Record<string, Record<"amd64" | "arm64", string>>;
  readonly images: Record<string, string>;
}
const goldens = readdirSync(folder).map((name) => name.replace(/^v|\.json$/g, ""));

test.each(goldens)("%s: what Ansible makes of the variables is what a bundle holds", (release) => {
  const golden = JSON.parse(readFileSync(join(folder, `v${release}.json`), "utf8")) as Golden;
  const plan = everything(release);
  const { variables } = written(release, plain);
  for (const [name, value] of Object.entries(golden.variables)) expect([name, variables[name]]).toEqual([name, value]);
  // No further variable leads anywhere.
  const leading = Object.keys(variables).filter((name) => /_(url|image_repo)$/.test(name));
  expect(leading.filter((name) => !(name in golden.variables))).toEqual([]);
  expect(Object.keys(golden.files).length).toBeGreaterThan(22);
  expect(Object.keys(golden.images).length).toBeGreaterThan(50);
  for (const arch of ["amd64", "arm64"] as const) {
    const held = new Set(filesFor(plan, `linux/${arch}`).map(({ path }) => `${plain.files}/${path}`));
    for (const [name, urls] of Object.entries(golden.files)) expect([name, held.has(urls[arch])]).toEqual([name, true]);
  }
  const images = new Set(imagesOf(plan).map(({ image }) => `reg.site:5000/${image}`));
  for (const [name, image] of Object.entries(golden.images)) {
    // Beside `downloads` are repositories without a tag.
    if (/:[^/]+$/.test(image.replace("reg.site:5000", ""))) expect([name, images.has(image)]).toEqual([name, true]);
    else expect(image).toStartWith("reg.site:5000/");
  }
});

test.each([...catalog.releases])(
  "%s: nothing begins with a host of the internet, nothing is said that nobody asked for",
  (release) => {
    for (const site of [plain, secure, { ...plain, naming: "strip-host" as const }]) {
      const { text, variables } = written(release, site);
      expect(text).not.toMatch(/skip_verify|download_run_once|download_validate_certs|vault/);
      const { kube_version: kubernetes, files_repo: files, registry_host: registry, ...others } = variables;
      expect(String(kubernetes).startsWith("v")).toBe(release < "2.28");
      expect([files, registry]).toEqual([site.files, site === secure ? "reg.site/k8s" : "reg.site:5000"]);
      for (const [name, value] of Object.entries(others).filter(([key]) => /_(url|image_repo)$/.test(key)))
        expect([name, String(value)]).toEqual([name, expect.stringMatching(/^\{\{ (files_repo|registry_host) \}\}/)]);
      const origins = Object.keys(catalog.release(release).origins ?? {});
      expect(Object.keys(variables)).toEqual(expect.arrayContaining(origins));
    }
  },
);

test("the origins cover the base URLs where a release has them, and every file where it has none", () => {
  const urls = (release: string): string[] =>
    Object.keys(catalog.release(release).origins ?? {}).filter((name) => name.endsWith("_url"));
  expect(urls("2.24.3").length).toBe(24);
  expect(urls("2.25.0")).toEqual([
    "argocd_install_url",
    "dl_k8s_io_url",
    "get_helm_url",
    "github_url",
    "storage_googleapis_url",
  ]);
});

test("each release is told about mirrors in its own words", () => {
  const said = (release: string, site: typeof plain): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(written(release, site).variables).filter(([name]) => /^containerd_(?!.*_url$)/.test(name)),
    );
  const quay = (release: string, site: typeof plain): unknown =>
    (said(release, site)["containerd_registries_mirrors"] as { prefix: string }[]).find(
      ({ prefix }) => prefix === "quay.io",
    );
  expect(said("2.22.0", plain)).toMatchObject({
    containerd_registries: { "quay.io": ["http://reg.site:5000/v2/quay.io"] },
    containerd_insecure_registries: { "reg.site:5000": "http://reg.site:5000" },
  });
  expect(Object.keys(said("2.22.0", secure))).toEqual(["containerd_registries"]);
  const host = "https://reg.site/v2/k8s/quay.io";
  const capabilities = ["pull", "resolve"];
  expect(quay("2.23.0", secure)).toEqual({ prefix: "quay.io", mirrors: [{ host, capabilities }] });
  expect(quay("2.24.0", secure)).toEqual({ prefix: "quay.io", mirrors: [{ host, capabilities, override_path: true }] });
  expect(quay("2.25.0", plain)).toHaveProperty("server", "http://reg.site:5000");
  // The registry's own name, by which kubespray pulls.
  expect(said("2.31.0", plain)["containerd_registries_mirrors"]).toContainEqual({
    prefix: "reg.site:5000",
    server: "http://reg.site:5000",
    mirrors: [{ host: "http://reg.site:5000", capabilities }],
  });
  expect(said("2.26.0", plain)["containerd_use_config_path"]).toBe(true);
  expect(said("2.27.0", plain)["containerd_use_config_path"]).toBeUndefined();
  const server = "https://reg.site";
  expect(quay("2.27.0", secure)).toEqual({
    prefix: "quay.io",
    server,
    mirrors: [{ host, capabilities, override_path: true }],
  });
  const ca = ["/etc/ssl/certs/kso-ca.pem"];
  expect(quay("2.28.0", secure)).toEqual({
    prefix: "quay.io",
    server,
    mirrors: [{ host, capabilities, override_path: true, ca }],
  });
  const insecure = { ...plain, registry: secure.registry, insecure: true };
  expect(JSON.stringify(quay("2.31.0", insecure))).toContain('"skip_verify":true');
});

test("CRI-O and Docker are told too, and that they speak http only where they do", () => {
  const at = (site: typeof plain): Record<string, unknown> => written("2.31.0", site).variables;
  expect(at(plain)["crio_registries"]).toEqual(
    expect.arrayContaining([
      { prefix: "reg.site:5000", location: "reg.site:5000", insecure: true },
      { prefix: "quay.io", location: "reg.site:5000/quay.io", insecure: true },
    ]),
  );
  expect(at(secure)["crio_registries"]).toContainEqual({ prefix: "quay.io", location: "reg.site/k8s/quay.io" });
  expect(at(plain)["docker_insecure_registries"]).toEqual(["reg.site:5000"]);
  expect(at(plain)["docker_registry_mirrors"]).toEqual(["http://reg.site:5000"]);
  expect(at(secure)).not.toHaveProperty("docker_insecure_registries");
  expect(at(secure)).not.toHaveProperty("docker_registry_mirrors");
});

test("a prefix is in registry_host, once", () => {
  const { registry_host: registry, quay_image_repo: quay } = written("2.31.0", secure).variables;
  expect([registry, quay]).toEqual(["reg.site/k8s", "{{ registry_host }}/quay.io"]);
  const stripped = written("2.31.0", { ...secure, naming: "strip-host" }).variables;
  expect([stripped["quay_image_repo"], stripped["azure_csi_image_repo"]]).toEqual([
    "{{ registry_host }}",
    "{{ registry_host }}/oss/kubernetes-csi",
  ]);
});

test("credentials are names in a vault, in the words of the release", () => {
  const site = { ...secure, credentials: ["files", "registry"] as const };
  const at = (release: string): Record<string, unknown> => written(release, site).variables;
  expect(at("2.31.0")["files_repo"]).toBe(
    "http://{{ vault_files_username }}:{{ vault_files_password }}@files.site:8080/k8s",
  );
  expect(JSON.stringify(at("2.31.0")["containerd_registries_mirrors"])).toContain(
    '"header":{"Authorization":"Basic {{',
  );
  expect(at("2.31.0")["containerd_registry_auth"]).toBeUndefined();
  expect(at("2.27.0")["containerd_registry_auth"]).toEqual([
    { registry: "reg.site", username: "{{ vault_registry_username }}", password: "{{ vault_registry_password }}" },
  ]);
  const told = (release: string): string =>
    configRemarks(catalog.release(release), { lock: lockOf(everything(release)), charts: [] }, site).join("\n");
  expect(told("2.31.0")).toBe(
    "the name and the password for files stand in a URL that Ansible does not decode: letters, digits and - . _ ~ only\nput vault_files_username and vault_files_password, vault_registry_username and vault_registry_password into a vault: ansible-vault create group_vars/all/vault.yml",
  );
  expect(told("2.28.0")).toContain("has no variable for containerd's registry credentials");
  expect(told("2.26.0")).toContain("log in on each node first");
  expect(told("2.22.0")).toContain("Argo CD's URL");
});

test("a CA that the release has no variable for goes into the trust store", () => {
  expect(written("2.27.0", secure).text).toContain("this release has no variable for it");
  expect(written("2.28.0", secure).text).toContain("dest=/etc/ssl/certs/kso-ca.pem");
  expect(written("2.28.0", { ...secure, files: "https://files.site" }).text).toContain(
    "files are fetched over https too",
  );
});

test("a manifest without origins is an error that says so", () => {
  const { origins: _, ...release } = catalog.release("2.31.0");
  expect(() => offlineVariables(release, lockOf(planFor({})), plain)).toThrow('its manifest names no "origins"');
});
