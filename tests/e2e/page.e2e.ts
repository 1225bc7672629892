// The page for people, in a real browser: with scripts and without, in both languages and both colour schemes, on a desk and on a
// phone, by keyboard alone, and as a screen reader is told about it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools } from "../support/containers.ts";
import { sealed } from "../support/sealed.ts";
import { type Service, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const images = ["registry.k8s.io/pause:3.10", "docker.io/library/nginx:1.28.2-alpine", "quay.io/mirror/nginx:1.28.2"];
const kubeadm = "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm";
let service: Service;
let bundle: string;
let browser: Browser;
let bytes: Uint8Array;

beforeAll(async () => {
  await requireTools({ chromium: "chromium", curl: "curl", bash: "bash", containerd: "containerd", ctr: "containerd" });
  const { path, sample } = await sealed(folder.path);
  bundle = path;
  const found = sample.lock.files.find((one) => one.path === kubeadm);
  bytes = readFileSync(sample.pathOf(found?.digest ?? "sha256:"));
  service = await startService(at("home"), [path]);
  // Something that is missing, for its page.
  await fetch(`${service.files}/k8s/dl.k8s.io/release/v1.36.0/bin/linux/amd64/kubeadm`);
  await fetch(`${service.registry}/v2/unheard/of/manifests/1`);
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: sandbox });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
  folder[Symbol.dispose]();
});

/** A page in a browser of its own; at the end nothing may have gone wrong in it, and nothing may have been asked of others. */
async function visit(path: string, options: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("requestfailed", (request) => {
      // A download is a navigation that the browser gives up for it.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") faults.push(`failed: ${request.url()}`);
    });
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== service.files && protocol !== "data:") faults.push(`outside: ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
    });
    await page.goto(service.files + path);
    await act(page);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

/** What axe finds wrong for people who see, hear or move otherwise (WCAG 2.1 A and AA, and its own good practice). */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate<AxeResults>("axe.run()");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)}: ${failureSummary}`),
  );
}

const shown = (page: Page): Promise<string[]> => page.locator("#items tr[data-text]:visible th").allInnerTexts();
const paths = ["/", "/?q=kubeadm", "/?q=nothing+of+that+name", "/k8s/", "/k8s/dl.k8s.io/release/", "/missing"];

for (const colorScheme of ["light", "dark"] as const)
  for (const locale of ["en-US", "zh-CN"])
    test(`${colorScheme}, ${locale}: every page is sound on a desk and on a phone, and asks nobody else for anything`, async () => {
      for (const width of [1280, 360])
        for (const path of paths)
          await visit(path, { colorScheme, locale, viewport: { width, height: 800 } }, async (page) => {
            // What is closed is looked at too.
            await page.evaluate(
              "for (const one of document.querySelectorAll('details')) { one.removeAttribute('name'); one.open = true; }",
            );
            // What axe looks at hardly differs by width.
            if (width > 1000 || path === "/") expect([path, width, await violations(page)]).toEqual([path, width, []]);
            const over = await page.evaluate(
              "document.documentElement.scrollWidth - document.documentElement.clientWidth",
            );
            expect([path, width, over]).toEqual([path, width, 0]);
            expect(await page.locator("html").getAttribute("lang")).toBe(locale === "zh-CN" ? "zh-CN" : "en");
          });
    }, 120_000);

test("dark is dark and light is light", async () => {
  const lightness = async (colorScheme: "light" | "dark"): Promise<number> => {
    let sum = 0;
    await visit("/", { colorScheme }, async (page) => {
      const color = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      sum = [...color.matchAll(/\d+/g)].slice(0, 3).reduce((total, [digits]) => total + Number(digits), 0);
    });
    return sum;
  };
  expect(await lightness("light")).toBeGreaterThan(700);
  expect(await lightness("dark")).toBeLessThan(120);
}, 60_000);

test("without scripts: search, browse down to a file, read the lines to paste, change the language", async () => {
  await visit("/", { javaScriptEnabled: false, acceptDownloads: true }, async (page) => {
    expect(await shown(page)).toHaveLength(9);
    await page.getByRole("searchbox").fill("kubeadm linux/arm64");
    await page.getByRole("button", { name: "Search" }).click();
    expect(await shown(page)).toEqual([kubeadm.replace("amd64", "arm64")]);
    expect(await page.getByRole("status").textContent()).toBe("1 of 9");
    await page.getByRole("link", { name: "Show all" }).click();
    expect(await shown(page)).toHaveLength(9);
    await page.getByText("curl", { exact: true }).click();
    expect(await page.locator("pre:visible").first().textContent()).toContain(`curl -fLO ${service.files}/k8s/`);

    await page.getByRole("link", { name: "Files", exact: true }).click();
    for (const name of kubeadm.split("/").slice(0, -1))
      await page.getByRole("link", { name: `${name}/`, exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "kubeadm", exact: true }).click(),
    ]);
    await download.saveAs(at("downloaded"));
    expect(readFileSync(at("downloaded")).equals(bytes)).toBeTrue();

    await page.getByRole("link", { name: "中文" }).click();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await page.goto(`${service.files}/`);
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(await page.getByRole("heading", { name: "文件与镜像" }).count()).toBe(1);
  });
}, 60_000);

test("by keyboard alone: skip to the content, jump to the search, narrow down while typing, and go back", async () => {
  await visit("/", {}, async (page) => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    expect(await page.locator(".skip").evaluate((one) => one.getBoundingClientRect().left >= 0)).toBeTrue();
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("q");
    await page.keyboard.type("NGINX");
    expect(await shown(page)).toEqual(["docker.io/library/nginx:1.28.2-alpine", "quay.io/mirror/nginx:1.28.2"]);
    expect(await page.getByRole("status").textContent()).toBe("2 of 9");
    expect(new URL(page.url()).searchParams.get("q")).toBe("NGINX");
    await page.keyboard.type(" nothing");
    expect(await page.locator("#nothing").isVisible()).toBeTrue();
    expect(await shown(page)).toEqual([]);
    await page.getByRole("link", { name: "Show all" }).press("Enter");
    expect(await shown(page)).toHaveLength(9);
    expect(await page.evaluate("document.activeElement.id")).toBe("q");
    // Everything that can be reached shows that it was.
    for (let turn = 0; turn < 30; turn++) {
      await page.keyboard.press("Shift+Tab");
      const seen = await page.evaluate(`(({ activeElement: one, body }) =>
        one === body || one.id === "main" || getComputedStyle(one).outlineStyle !== "none")(document)`);
      expect(seen).toBeTrue();
    }
    await page.getByRole("link", { name: "pause" }).first().click();
    expect(await shown(page)).toEqual(["registry.k8s.io/pause:3.10"]);
  });
}, 60_000);

test("what is copied is what stands there, and it works when pasted: curl, and containerd under an image's own name", async () => {
  const copied = new Map<string, string>();
  await visit("/", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    for (const name of ["containerd", "curl"]) {
      await page.locator("summary", { hasText: name }).click();
      const block = page.locator("details[open] .block");
      await block.getByRole("button", { name: "Copy" }).click();
      await block.getByRole("button", { name: "Copied" }).waitFor();
      const text = await page.evaluate<string>("navigator.clipboard.readText()");
      expect<string | null>(text).toBe(await block.locator("pre").textContent());
      copied.set(name, text);
    }
  });
  const [download = ""] = (copied.get("curl") ?? "").split("\n");
  await must("bash", ["-ec", `cd "$0" && mkdir got && cd got && ${download}`, folder.path]);
  expect(existsSync(at("got", download.split("/").at(-1) as string))).toBeTrue();

  await pulls(copied.get("containerd") ?? "", at("plain"));
}, 60_000);

test("with TLS the lines bring the CA along, and its fingerprint to compare", async () => {
  const tls = ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("tls")];
  await using secure = await startService(at("home"), [bundle, ...tls]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(secure.files);
    const part = (name: string) => page.locator("details", { has: page.locator("summary", { hasText: name }) });
    const lines = (name: string): Promise<string[]> => part(name).locator("pre").allTextContents();
    const told = /SHA-256 (\S+)\)/.exec(await secure.line(/^CA: /))?.[1] ?? "";
    for (const name of ["kubespray", "containerd", "curl"]) expect(await part(name).textContent()).toContain(told);
    expect((await lines("kubespray")).join()).toContain(
      `--registry-host https://${new URL(secure.registry).host} --map keep-host --ca kso-ca.pem`,
    );
    expect(await pulls((await lines("containerd")).join("\n"), at("secure"))).toContain(told);
    expect((await lines("curl")).at(-1)).toContain("curl --cacert kso-ca.pem -fLO https://");
  } finally {
    await context.close();
  }
}, 60_000);

/** The lines as pasted into a shell, with containerd's directory below `dir`; then it pulls everything. @returns what they print. */
async function pulls(lines: string, dir: string): Promise<string> {
  mkdirSync(dir);
  const certs = join(dir, "certs.d");
  writeFileSync(join(dir, "paste.sh"), lines.replaceAll("/etc/containerd/certs.d", certs));
  const printed = await must("bash", ["-ec", 'cd "$0" && . ./paste.sh', dir]);
  const containerd = await startContainerd(join(dir, "containerd"));
  try {
    // What is there before its progress is first printed is told as existing.
    for (const image of images)
      expect(await containerd.ctr("content", "fetch", "--hosts-dir", certs, "--all-platforms", image)).toMatch(
        /manifest-sha256:\w+: +(?:done|exists) /,
      );
  } finally {
    await containerd.stop();
  }
  return printed;
}
