import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { MissingArtifact } from "../../../src/core/extra-artifacts.ts";
import type { Lock } from "../../../src/core/lock.ts";
import type { ServedLock } from "../../../src/serve/content/content-index.ts";
import { clusterVariables } from "../../../src/serve/page/configuration.ts";
import { pageModel } from "../../../src/serve/page/model.ts";
import { Pages } from "../../../src/serve/page/pages.ts";
import type { ServerStatus } from "../../../src/serve/page/status.ts";
import { sampleLock } from "../../support/bundle.ts";
import { catalog } from "../../support/plan.ts";
import { temporary } from "../../support/temp.ts";

const bundles = [
  { release: "kubespray-2.30.0", kubernetes: "1.34.3", lock: "sha256:00" },
  { release: "kubespray-2.31.0", kubernetes: "1.35.4", lock: "sha256:00" },
];
const client = { address: () => "10.0.0.7", listener: "files", secure: false };

interface State {
  readonly artifacts?: readonly MissingArtifact[];
  readonly status?: Partial<ServerStatus>;
  /** A further release. */
  readonly other?: (lock: Lock) => Lock;
}

function open(change: (lock: Lock) => Lock = (lock) => lock, { artifacts = [], status, other }: State = {}): Pages {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"));
  const lock = change(sample.lock);
  const blobs = new Map(
    lock.images.flatMap((image) => image.blobs.map(({ digest }) => [digest, readFileSync(sample.pathOf(digest))])),
  );
  const served: ServedLock = { lock, lockDigest: "sha256:00", isPart: false, bundle: ["bundle.tar"] };
  return new Pages({
    model: () =>
      pageModel(other ? [served, { ...served, lock: other(lock) }] : [served], ({ digest }) => blobs.get(digest)),
    disk: 1000,
    missing: () => ({ schema: "kso.extra/1", bundles, dropped: 0, artifacts: [...artifacts] }),
    status: () => ({
      state: "intact",
      since: "2026-11-30T20:10:00.000Z",
      missing: artifacts.length,
      errors: 0,
      refused: 0,
      clients: 3,
      ...status,
    }),
    portsOf: () => ({ filesPort: 8080, registryPort: 5000, port: 8080, secure: false, host: "192.0.2.5" }),
    requiresPassword: false,
    clusterOf: (release, access) =>
      clusterVariables(release, catalog.release(release.id === "2.30.0" ? "2.30.0" : "2.31.0"), access),
    version: "1.2.3",
  });
}
async function get(
  pages: Pages,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ response: Response; text: string }> {
  const request = new Request(`http://x${path}`, { headers: { host: "10.0.0.5:8080", ...headers } });
  const response = (await pages.route(request, client)) as Response;
  return { response, text: await response.clone().text() };
}

test("the page holds the release, every file and image with its digest, and lines with this address", async () => {
  const { response, text } = await get(open(), "/");
  expect(response.status).toBe(200);
  expect(text).toContain("<h1>kubespray 2.31.0</h1>");
  expect(text).toContain("Kubernetes 1.35.4 for amd64 and arm64: 6 files and 3 images");
  expect(text).toContain('href="/k8s/dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm"');
  expect(text).toContain("registry.k8s.io/<wbr>pause<wbr>:3.10");
  expect(text).toContain("curl -fsS -LO http://10.0.0.5:8080/k8s/");
  expect(text).toContain("curl -fsS -o kso-node.sh http://10.0.0.5:8080/kso-node.sh\nsh kso-node.sh containerd");
  expect(text).toContain("docker pull 10.0.0.5:5000/");
  expect(text).toContain('data-copy="sha256:');
  expect(text).toContain("unchanged since 2026-11-30 20:10 UTC");
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
      /<td class="arch"><span class="absent">[^<]*/g,
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
  expect(some.text.match(/<tr data-text="[^"]*"[^>]*>/g)?.filter((row) => !row.endsWith(" hidden>"))).toHaveLength(1);
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
    `/?release=${encodeURIComponent(evil)}&arch=${encodeURIComponent(evil)}&component=${encodeURIComponent(evil)}`,
    "/missing?x=%22%3E%3Cscript%3E",
  ]) {
    const { text } = await get(site, path, { ...headers, accept: "text/html" });
    expect(text).not.toContain("<script>");
    expect(text).not.toContain('"">');
    expect(text).not.toContain("git checkout v&quot;");
  }
  // What is no page is no page to a browser either.
  for (const path of ["/offline.yml", "/kso-node.sh"]) {
    const { headers: sent } = (await get(site, path, headers)).response;
    expect(sent.get("content-disposition")).toStartWith("attachment; ");
    expect(sent.get("x-content-type-options")).toBe("nosniff");
  }
});

test("the page in Chinese; the link to the other language keeps path and query", async () => {
  const site = open();
  const { text, response } = await get(site, "/?q=a%26b", { "accept-language": "zh-CN" });
  expect(text).toContain('<html lang="zh-CN">');
  expect(text).toContain("包含的内容");
  expect(text).toContain('href="/?q=a%26b&amp;lang=en"');
  expect(response.headers.get("set-cookie")).toBeNull();
  const chosen = await get(site, "/?lang=en", { "accept-language": "zh-CN" });
  expect(chosen.text).toContain('<html lang="en">');
  // Nothing remembers it but the links, each within the pages.
  expect(chosen.response.headers.get("set-cookie")).toBeNull();
  for (const link of ['href="/?lang=en"', 'href="/k8s/?lang=en"', 'href="/missing?lang=en"', 'name="lang" value="en"'])
    expect(chosen.text).toContain(link);
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

const listing = {
  path: "/k8s/dl.k8s.io/",
  entries: [
    { name: "b:c", size: 1200, digest: `sha256:${"1".repeat(64)}` as const },
    { name: "a?#%.tgz", size: 5, digest: `sha256:${"2".repeat(64)}` as const },
    { name: "z/", size: 3_000_000, files: 2 },
  ],
  below: () => [{ path: "z/one", digest: `sha256:${"3".repeat(64)}` as const }],
};
const listed = (query: string): Response =>
  open().renderListing(new Request(`http://x/k8s/dl.k8s.io/${query}`), client, listing);

test.each([
  ["", ["../", "./z/", "./a%3F%23%25.tgz", "./b%3Ac"]],
  ["?sort=size", ["../", "./z/", "./b%3Ac", "./a%3F%23%25.tgz"]],
  ["?lang=zh", ["../?lang=zh", "./z/?lang=zh", "./a%3F%23%25.tgz", "./b%3Ac"]],
])("a directory, %j: links that stay below it, the levels above, sizes and digests", async (query, expected) => {
  const text = await listed(query).text();
  expect([...text.matchAll(/<th scope="row" class="name"><a href="([^"]+)"/g)].map(([, href]) => href)).toEqual(
    expected,
  );
  expect(text).toContain(`data-copy="sha256:${"1".repeat(64)}"`);
  expect(text).toContain("3.0 MB");
  if (query === "") expect(text).toContain('<h1 class="path"><a href="../">k8s</a>/<wbr>dl.k8s.io/</h1>');
});

test("the sums of a directory are what sha256sum -c reads", async () => {
  const response = listed("?sums");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="SHA256SUMS"');
  expect(await response.text()).toBe(`${"3".repeat(64)}  z/one\n`);
});

test("what is missing is in two groups: with the line that fetches it, and with why it cannot be", async () => {
  const common = {
    requests: 2,
    first: "2026-11-30T10:00:00.000Z",
    last: "2026-11-30T11:00:00.000Z",
    clients: ["10.0.0.7"],
  };
  const artifacts: MissingArtifact[] = [
    { ...common, kind: "file", name: "dl.k8s.io/kubelet", complete: true },
    { ...common, kind: "image", name: "pause:3.10", complete: false },
    { ...common, kind: "blob", name: "quay.io/x@sha256:00", complete: true },
    { ...common, kind: "file", name: "a.example/<b>/index.yaml", complete: false },
  ];
  const accept = { accept: "text/html" };
  const { text } = await get(
    open((lock) => lock, { artifacts }),
    "/missing",
    accept,
  );
  const [, fetched = "", incomplete = ""] = text.split("<h2 ");
  expect(fetched).toContain(
    "curl -fsS -o missing.json &#39;http://10.0.0.5:8080/missing?format=json&#39;\nkso export --format tarball \\\n  --kubespray 2.30.0,2.31.0 --kube 2.30.0=1.34.3,2.31.0=1.35.4 \\\n  --extra missing.json -o next.tar",
  );
  expect(fetched).toContain("kubelet");
  expect(fetched).toContain("2026-11-30 11:00 UTC");
  expect(fetched).not.toContain("pause");
  expect(incomplete.match(/class="absent">[^<]*/g)).toEqual([
    'class="absent">no registry in its name',
    'class="absent">a part of an image: add the image',
    'class="absent">made from its charts: add these',
  ]);
  expect(incomplete).toContain("&lt;b&gt;");
  expect((await get(open(), "/missing", accept)).text).toContain("Everything that was asked for was here.");
});

test("the status is on each page and as JSON; a damaged bundle is said with its reason", async () => {
  const site = open((lock) => lock, { status: { state: "damaged", fault: "<b>.tar: it was cut", errors: 7 } });
  const { text } = await get(site, "/");
  expect(text).toContain('<section class="status damaged"');
  expect(text).toContain("<strong data-reason>&lt;b&gt;.tar: it was cut</strong>");
  expect(text).toContain('<dd data-count="errors">7</dd>');
  const { response, text: json } = await get(site, "/-/status.json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(JSON.parse(json)).toMatchObject({ state: "damaged", fault: "<b>.tar: it was cut", errors: 7, clients: 3 });
});

test("each release hands out its own offline.yml; an unknown one is 404 and named", async () => {
  const { response, text } = await get(open(), "/offline.yml");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="offline.yml"');
  expect(text).toContain('registry_host: "10.0.0.5:5000"');
  const unknown = await get(open(), "/offline.yml?release=1.0.0");
  expect([unknown.response.status, unknown.text]).toEqual([
    404,
    "The releases here are 2.31.0: /offline.yml?release=2.31.0\n",
  ]);
});

test("a page is compressed for who takes it", async () => {
  const plain = await get(open(), "/");
  for (const accept of ["gzip", "br, gzip;q=0.5"]) {
    const { response } = await get(open(), "/", { "accept-encoding": accept });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await response.arrayBuffer()).toString()).toBe(plain.text);
  }
  for (const accept of ["gzip;q=0", "br", "xgzip"])
    expect((await get(open(), "/", { "accept-encoding": accept })).response.headers.get("content-encoding")).toBeNull();
});

test("pages refuse every method but GET and HEAD", async () => {
  for (const path of ["/", "/-/page.css", "/missing", "/-/status.json", "/offline.yml"]) {
    const request = new Request(`http://x${path}`, { method: "POST" });
    const site = open();
    const response = (await site.route(request, client)) as Response;
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, "GET, HEAD"]);
  }
});

test("a file that is not here is a page for browsers and plain words for programs", async () => {
  const ask = (accept: string): Response | undefined =>
    open().notFound(new Request("http://x/k8s/a.b/c", { headers: { accept } }), client, "a.b/<c>");
  const page = ask("text/html,*/*;q=0.8") as Response;
  expect(page.status).toBe(404);
  expect(await page.text()).toContain("This server has no a.b/&lt;c&gt;");
  expect(ask("*/*")).toBeUndefined();
});

test("several releases: each by its name, with its own steps; a search that finds nothing here says where", async () => {
  const other = (lock: Lock): Lock => ({
    ...lock,
    release: { ...lock.release, name: "kubespray-2.30.0", version: "2.30.0" },
    files: lock.files.filter(({ path }) => !path.includes("kubeadm")),
  });
  const site = open((lock) => lock, { other });
  const newest = await get(site, "/");
  expect(newest.text).toContain('<li><a href="/?release=2.31.0" aria-current="true">2.31.0</a></li>');
  expect(newest.text).toContain("one release after the other: 2.30.0 → 2.31.0.");
  expect(newest.text).not.toContain("Found in:");
  const older = await get(site, "/?release=2.30.0&q=kubeadm");
  expect(older.text).toContain("<h1>kubespray 2.30.0</h1>");
  expect(older.text).toContain("http://10.0.0.5:8080/offline.yml?release=2.30.0");
  expect(older.text).toContain('Found in: <a href="/?release=2.31.0&amp;q=kubeadm#items">2.31.0</a>');
  expect(older.text).toContain('<input type="hidden" name="release" value="2.30.0">');
  expect((await get(site, "/offline.yml?release=2.30.0")).text).toContain("# kubespray 2.30.0");
});
