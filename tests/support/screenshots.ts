// `npm run screenshots`: the pictures of the page in docs, from a made-up bundle. Needs the compiled binary and Chromium.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { demoBundle } from "./demo-bundle.ts";
import { root } from "./paths.ts";
import { type Service, startService } from "./service.ts";
import { temporary } from "./temp.ts";

/** Pictures of the English pages, and of the Chinese ones. */
const folders = { "en-US": join(root, "docs/images"), "zh-CN": join(root, "docs/zh/images") } as const;

/** One picture. */
interface Shot extends BrowserContextOptions {
  readonly name: string;
  readonly locale: keyof typeof folders;
  readonly path: string;
  readonly act?: (page: Page) => Promise<void>;
}

const [desk, phone] = [
  { width: 1280, height: 860 },
  { width: 390, height: 844 },
];
const openComponent = async (page: Page): Promise<void> => {
  await page.locator("h2#items").evaluate((heading) => heading.scrollIntoView({ behavior: "instant" }));
};

const both = ["en-US", "zh-CN"] as const;
const shots: readonly Shot[] = [
  ...both.map((locale): Shot => ({ name: "page", locale, path: "/", viewport: desk })),
  ...both.map((locale): Shot => ({ name: "missing", locale, path: "/missing", viewport: desk })),
  ...both.map((locale): Shot => ({ name: "page-phone", locale, path: "/", viewport: phone, colorScheme: "dark" })),
  { name: "contents", locale: "en-US", path: "/?q=ingress", viewport: desk, act: openComponent },
  { name: "contents", locale: "zh-CN", path: "/?q=ingress", viewport: desk, act: openComponent },
];

/** What nodes asked for and the bundle lacks, as it comes to be. */
async function askForMore({ files, registry }: Service): Promise<void> {
  for (const name of ["v1.36.0/bin/linux/arm64/kubelet", "v1.36.0/bin/linux/amd64/kubelet"])
    for (let turn = 0; turn < 3; turn++) await fetch(`${files}/k8s/dl.k8s.io/release/${name}`);
  for (const path of [
    "grafana/manifests/11.4.0?ns=docker.io",
    "quay.io/prometheus/node-exporter/manifests/v1.9.0",
    "debug/manifests/1",
  ])
    await fetch(`${registry}/v2/${path}`);
}

async function shoot(service: Service, { name, locale, path, act, ...options }: Shot): Promise<void> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const page = await (await browser.newContext({ locale, ...options })).newPage();
    // The address that the pictures show is nobody's: Chromium alone takes it for the server.
    await page.route("http://kso.site:8080/**", async (route) => {
      const url = route.request().url().replace("http://kso.site:8080", service.files);
      const response = await route.fetch({ url, headers: { ...route.request().headers(), host: "kso.site:8080" } });
      const body = (await response.text())
        .replaceAll(`kso.site:${new URL(service.registry).port}`, "kso.site:5000")
        .replaceAll(/20\d\d-\d\d-\d\d \d\d:\d\d UTC/g, "2026-11-30 08:00 UTC")
        .replaceAll(/127\.0\.0\.1/g, "10.0.0.21");
      await route.fulfill({ response, body });
    });
    await page.goto(`http://kso.site:8080${path}`);
    await act?.(page);
    await page.screenshot({ path: join(folders[locale], `${name}.png`) });
  } finally {
    await browser.close();
  }
}

for (const path of Object.values(folders)) mkdirSync(path, { recursive: true });
using folder = temporary();
const bundles = ["2.31.0", "2.30.0", "2.29.1"].map((release) => {
  const path = join(folder.path, `kubespray-${release}.tar`);
  demoBundle(path, release);
  return path;
});
await using service = await startService(join(folder.path, "home"), bundles);
await askForMore(service);
for (const shot of shots) await shoot(service, shot);
