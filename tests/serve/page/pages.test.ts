import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lock } from "../../../src/core/lock.ts";
import { pageModel } from "../../../src/serve/page/model.ts";
import { Pages } from "../../../src/serve/page/pages.ts";
import { sampleLock } from "../../support/bundle.ts";
import { temporary } from "../../support/temp.ts";

const client = { address: () => "10.0.0.7", listener: "files", secure: false };

function open(change: (lock: Lock) => Lock = (lock) => lock): Pages {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const lock = change(sample.lock);
  const blobs = new Map(
    lock.images.flatMap((image) => image.blobs.map(({ digest }) => [digest, readFileSync(sample.pathOf(digest))])),
  );
  return new Pages({
    model: () => pageModel([lock], ({ digest }) => blobs.get(digest)),
    lockDigests: ["sha256:00"],
    disk: 1000,
    missing: () => ({ schema: "kso.extra/1", bundles: [], dropped: 0, artifacts: [] }),
    portsOf: () => ({ registryPort: 5000, port: 8080, secure: false, host: "192.0.2.5" }),
    requiresPassword: false,
    version: "1.2.3",
  });
}
async function get(
  pages: Pages,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ response: Response; text: string }> {
  const request = new Request(`http://x${path}`, { headers: { host: "10.0.0.5:8080", ...headers } });
  const response = (await (pages.home(request, client) ?? pages.missing(request, client))) as Response;
  return { response, text: await response.clone().text() };
}

test("the page holds the release, every file and image with its digest, and lines with this address", async () => {
  const { response, text } = await get(open(), "/");
  expect(response.status).toBe(200);
  expect(text).toContain("<h1>kubespray 2.31.0</h1>");
  expect(text).toContain("Kubernetes 1.35.4 for amd64 and arm64: 6 files and 3 images");
  expect(text).toContain('href="/k8s/dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm"');
  expect(text).toContain("registry.k8s.io/pause:3.10");
  expect(text).toContain("curl -fLO http://10.0.0.5:8080/k8s/");
  expect(text).toContain("for host in docker.io quay.io registry.k8s.io; do");
  expect(text).toContain("docker pull 10.0.0.5:5000/");
  expect(response.headers.get("content-security-policy")).toStartWith(
    "default-src 'none'; style-src 'self'; script-src 'self';",
  );
  expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\/|<style|<script>|\son[a-z]+=|style="/);
});

test("an image that the bundle has for no platform is marked, in both languages", async () => {
  const pause = "registry.k8s.io/pause:3.10";
  const site = open((lock) => ({
    ...lock,
    images: lock.images.map((image) => (image.image === pause ? { ...image, unavailable: image.platforms } : image)),
  }));
  const badges = async (language: string): Promise<string[]> =>
    (await get(site, "/", { "accept-language": language })).text.match(
      /<td class="arch"><span class="badge warn">[^<]*/g,
    ) ?? [];
  expect(await badges("en")).toEqual([expect.stringContaining("it cannot be pulled")]);
  expect(await badges("zh-CN")).toEqual([expect.stringContaining("无法拉取")]);
});

test("a search without matches says so; one with matches hides the other rows", async () => {
  const site = open();
  const none = await get(site, "/?q=no+such+thing");
  expect(none.text).toContain('<p id="nothing">');
  const some = await get(site, "/?q=pause");
  expect(some.text).toContain('<p id="nothing" hidden>');
  expect(some.text.match(/<tr data-text="[^"]*">/g)).toHaveLength(1);
  expect(some.text).toContain('value="pause"');
});

test("no text of a bundle or a client becomes markup", async () => {
  const evil = `"><script>alert(1)</script>`;
  const site = open((lock) => ({
    ...lock,
    release: { ...lock.release, name: evil, version: evil, commit: evil },
    kubernetes: evil,
    files: lock.files.map((file) => ({ ...file, component: evil, version: evil, path: `h.example/${evil}` })),
    unavailable: [
      {
        kind: "file",
        name: evil,
        component: evil,
        version: evil,
        platform: evil,
        locator: evil,
        reason: evil,
        included: false,
      },
    ],
  }));
  const headers = { host: evil, "accept-language": evil, cookie: evil };
  for (const path of [
    `/?q=${encodeURIComponent(evil)}&lang=${encodeURIComponent(evil)}`,
    `/?${evil}`,
    "/missing?x=%22%3E%3Cscript%3E",
  ]) {
    const { text } = await get(site, path, { ...headers, accept: "text/html" });
    expect(text).not.toContain("<script>");
    expect(text).not.toContain('"">');
  }
});

test("the page in Chinese; the link to the other language keeps path and query", async () => {
  const site = open();
  const { text, response } = await get(site, "/?q=a%26b", { "accept-language": "zh-CN" });
  expect(text).toContain('<html lang="zh-CN">');
  expect(text).toContain("文件与镜像");
  expect(text).toContain('href="/?q=a%26b&amp;lang=en"');
  expect(response.headers.get("set-cookie")).toBeNull();
  const chosen = await get(site, "/?lang=en", { "accept-language": "zh-CN" });
  expect(chosen.text).toContain('<html lang="en">');
  expect(chosen.response.headers.get("set-cookie")).toStartWith("kso_lang=en; ");
});

test("/missing is text for programs, JSON on request, a page for browsers", async () => {
  const type = async (path: string, accept?: string): Promise<string | null> =>
    (await get(open(), path, accept === undefined ? {} : { accept })).response.headers.get("content-type");
  expect(await type("/missing", "*/*")).toBe("text/plain; charset=utf-8");
  expect(await type("/missing", "application/json")).toBe("application/json");
  expect(await type("/missing?format=json", "text/html")).toBe("application/json");
  expect(await type("/missing?format=text", "text/html")).toBe("text/plain; charset=utf-8");
  expect(await type("/missing", "text/html,application/xhtml+xml,*/*;q=0.8")).toBe("text/html; charset=utf-8");
});

test("a directory shows folders first, links that stay below it, and the levels above", () => {
  const request = new Request("http://x/k8s/dl.k8s.io/");
  const lines = [{ name: "b:c", size: 1200 }, { name: "a?#%.tgz", size: 5 }, { name: "z/" }];
  return open()
    .renderListing(request, "/k8s/dl.k8s.io/", lines)
    .text()
    .then((text) => {
      const links = [...text.matchAll(/<th scope="row" class="name"><a href="([^"]+)"/g)].map(([, href]) => href);
      expect(links).toEqual(["../", "./z/", "./a%3F%23%25.tgz", "./b%3Ac"]);
      expect(text).toContain('<h1 class="path"><a href="../">k8s</a>/dl.k8s.io/</h1>');
    });
});

test("pages refuse every method but GET and HEAD", async () => {
  for (const path of ["/", "/-/page.css", "/missing"]) {
    const request = new Request(`http://x${path}`, { method: "POST" });
    const site = open();
    const response = (await (site.home(request, client) ?? site.missing(request, client))) as Response;
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, "GET, HEAD"]);
  }
});

test("a file that is not here is a page for browsers and plain words for programs", async () => {
  const ask = (accept: string): Response | undefined =>
    open().notFound(new Request("http://x/k8s/a.b/c", { headers: { accept } }), "a.b/<c>");
  const page = ask("text/html,*/*;q=0.8") as Response;
  expect(page.status).toBe(404);
  expect(await page.text()).toContain("This server has no a.b/&lt;c&gt;");
  expect(ask("*/*")).toBeUndefined();
});
