import { expect, test } from "bun:test";
import { join } from "node:path";
import { configurableCheckout } from "../../src/kubespray/configurable-checkout.ts";
import { modern, plant, type Tree } from "../support/checkout.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

function configured(tree: Tree) {
  using folder = temporary();
  return configurableCheckout(plant(join(folder.path, "kubespray"), tree), catalog);
}

test("a checkout that kso has never seen is configured by its own variables", () => {
  expect(configured(modern)).toMatchObject({
    name: "kubespray-9.1.0",
    version: "9.1.0",
    origins: { github_url: "https://github.com", quay_image_repo: "quay.io" },
  });
});

test("a role's own URL is an origin, and the shared one of that name wins over it", () => {
  const role = {
    "roles/kubernetes-apps/argocd/defaults/main.yml": "argocd_install_url: https://role.example.com/a.yaml\n",
  };
  expect(configured({ ...modern, ...role }).origins).toMatchObject({
    argocd_install_url: "https://role.example.com/a.yaml",
  });
  const shared = {
    "roles/kubespray_defaults/defaults/main/x.yml": "argocd_install_url: https://all.example.com/a.yaml\n",
  };
  expect(configured({ ...modern, ...role, ...shared }).origins).toMatchObject({
    argocd_install_url: "https://all.example.com/a.yaml",
  });
});

test("a checkout that does not say its version has an embedded one's spelling", () => {
  const { "galaxy.yml": _, ...rest } = modern;
  const { name, version } = configured(rest);
  expect(name).toBe("kubespray-0.0.0");
  expect(catalog.releases).toContain(version);
});
