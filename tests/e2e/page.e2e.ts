// The page for people, in a real browser: with scripts and without, in both languages and both colour schemes, on a desk and on a
// phone, by keyboard alone, and as a screen reader is told about it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools, run } from "../support/containers.ts";
import { ways } from "../support/program.ts";
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

/** The names of the items that are found. */
const shown = (page: Page): Promise<string[]> =>
  page
    .locator(".component:not([hidden]) tr[data-text]:not([hidden]) th > :first-child")
    .evaluateAll((names) => names.map((name) => name.textContent ?? ""));
const found = (page: Page): Promise<string | null> => page.locator(".found [role=status]").textContent();
/** The steps of a guide. */
const panel = (page: Page, id: string) => page.locator(`#panel-${id}`);
/** Parts of names that stand on two lines although they would fit on one. */
const brokenNames = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll(".name > :first-child")].flatMap((name) => {
    const walker = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
    const broken = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(text);
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
      if (lines.size > 1 && text.data.length < 30) broken.push(text.data);
    }
    return broken;
  })`);
const paths = ["/", "/?q=kubeadm", "/?q=nothing+of+that+name", "/k8s/", "/k8s/dl.k8s.io/release/", "/missing"];

for (const colorScheme of ["light", "dark"] as const)
  for (const locale of ["en-US", "zh-CN"])
    test(`${colorScheme}, ${locale}: every page is sound on a desk and on a phone, and asks nobody else for anything`, async () => {
      for (const width of [1280, 768, 390])
        for (const path of width === 768 ? ["/"] : paths)
          await visit(path, { colorScheme, locale, viewport: { width, height: 800 } }, async (page) => {
            // What is closed is looked at too.
            await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
            // What axe looks at hardly differs by width.
            if (width > 1000 || path === "/") expect([path, width, await violations(page)]).toEqual([path, width, []]);
            expect([path, width, await brokenNames(page)]).toEqual([path, width, []]);
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

test("without scripts: search, filter, browse down to a file, change tabs, take offline.yml, change the language", async () => {
  await visit("/", { javaScriptEnabled: false, acceptDownloads: true }, async (page) => {
    expect(await shown(page)).toHaveLength(9);
    await page.getByRole("searchbox").fill("kubeadm linux/arm64");
    await page.getByRole("button", { name: "Search" }).click();
    expect(await shown(page)).toEqual([kubeadm.replace("amd64", "arm64")]);
    expect(await found(page)).toBe("1 of 9");
    await page.getByRole("link", { name: "Show all" }).click();
    expect(await shown(page)).toHaveLength(9);
    await page.locator("select[name=kind]").selectOption("image");
    await page.getByRole("button", { name: "Search" }).click();
    expect((await shown(page)).sort()).toEqual([...images].sort());

    expect(await panel(page, "curl").isVisible()).toBeFalse();
    await page.locator("label", { hasText: /^curl$/ }).click();
    expect(await panel(page, "kubespray").isVisible()).toBeFalse();
    expect(await panel(page, "curl").locator("pre").first().textContent()).toContain(
      `curl -fsS -LO ${service.files}/k8s/`,
    );
    await page.locator("label", { hasText: /^kubespray$/ }).click();
    const [offline] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download offline.yml" }).click(),
    ]);
    await offline.saveAs(at("offline.yml"));
    expect(readFileSync(at("offline.yml"), "utf8")).toContain(`files_repo: "${service.files}/k8s"`);
    await page.locator("summary", { hasText: "Show offline.yml" }).click();
    expect(await panel(page, "kubespray").locator("details pre").textContent()).toBe(
      readFileSync(at("offline.yml"), "utf8"),
    );

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
    await page.getByRole("link", { name: "概览" }).click();
    expect(await page.getByRole("heading", { name: "包含的内容" }).count()).toBe(1);
    expect(await page.context().cookies()).toEqual([]);
  });
}, 60_000);

test("the sums of a folder check a copy of it, by the line on its page", async () => {
  await visit("/k8s/dl.k8s.io/release/v1.35.4/bin/linux/amd64/", {}, async (page) => {
    const line = await page.locator("pre").textContent();
    writeFileSync(at("kubeadm"), bytes);
    expect(await must("bash", ["-ec", `cd "$0" && set -o pipefail && ${line}`, folder.path])).toBe("kubeadm: OK\n");
    writeFileSync(at("kubeadm"), "else");
    expect((await run("bash", ["-c", `cd "$0" && ${line}`, folder.path])).code).toBe(1);
    await page.getByRole("button", { name: "Size" }).click();
    expect(await page.locator("th[aria-sort=descending]").textContent()).toBe("Size");
  });
}, 60_000);

/** Asks for the status, as the script does when somebody comes back to the page, until the text is there. */
async function refreshed(page: Page, selector: string, text: string): Promise<void> {
  while ((await page.locator(selector).textContent()) !== text) {
    const answered = Promise.race([page.waitForEvent("requestfinished"), page.waitForEvent("requestfailed")]);
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
    await answered;
  }
}

test("the status follows the server without a reload: what is missing, a damaged bundle, a server that is gone", async () => {
  const copy = at("damaged.tar");
  copyFileSync(bundle, copy);
  const own = await startService(at("home"), [copy]);
  const context = await browser.newContext({ locale: "en-US" });
  try {
    const page = await context.newPage();
    await page.goto(own.files);
    const band = page.locator("[data-status]");
    const count = (name: string) => band.locator(`[data-count=${name}]`);
    expect(await band.locator("[data-state]").textContent()).toBe("Intact");
    expect([await count("missing").textContent(), await count("clients").textContent()]).toEqual(["0", "0"]);
    await fetch(`${own.files}/k8s/dl.k8s.io/release/v1.36.0/bin/linux/amd64/kubeadm`);
    await refreshed(page, "[data-status] [data-count=missing]", "1");
    expect(await count("clients").textContent()).toBe("1");
    expect(await page.locator("nav .count").textContent()).toBe("1");
    truncateSync(copy, 4096);
    await refreshed(page, "[data-state]", "Damaged");
    expect(await band.locator("[data-reason]").textContent()).toContain("damaged.tar");
    await page.reload();
    expect(await band.locator("[data-fault]").isVisible()).toBeTrue();
    expect(await violations(page)).toEqual([]);
    await own.stop();
    await refreshed(page, "[data-state]", "No answer");
  } finally {
    await context.close();
    await own.stop();
  }
}, 120_000);

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
    expect(await found(page)).toBe("2 of 9");
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
    // The tabs are one stop, and the arrows go from one to the next.
    await page.locator("#guide-kubespray").focus();
    await page.keyboard.press("ArrowRight");
    expect(await panel(page, "containerd").isVisible()).toBeTrue();
    await page.locator("select[name=component]").selectOption("pause");
    expect(await shown(page)).toEqual(["registry.k8s.io/pause:3.10"]);
    expect(new URL(page.url()).searchParams.get("component")).toBe("pause");
  });
}, 60_000);

test("what is copied is what stands there, and it works when pasted: curl, and containerd under an image's own name", async () => {
  const copied = new Map<string, string>();
  await visit("/?q=pause", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    const clipboard = (): Promise<string> => page.evaluate<string>("navigator.clipboard.readText()");
    for (const name of ["containerd", "curl"]) {
      await page.locator("label", { hasText: new RegExp(`^${name}$`) }).click();
      const block = panel(page, name).locator(".block").first();
      await block.getByRole("button", { name: "Copy" }).click();
      await block.getByRole("button", { name: "Copied" }).waitFor();
      expect<string | null>(await clipboard()).toBe(await block.locator("pre").textContent());
      copied.set(name, await clipboard());
    }
    await page.locator("label", { hasText: /^kubespray$/ }).click();
    const check = panel(page, "kubespray").locator(".block", { hasText: "--check" });
    await check.getByRole("button", { name: "Copy" }).click();
    await check.getByRole("button", { name: "Copied" }).waitFor();
    copied.set("check", await clipboard());
    // An image and its digest are copied whole, however they are shown.
    const row = page.locator("tr[data-text]:not([hidden])");
    await row.getByRole("button", { name: /^Copy: registry/ }).click();
    expect(await clipboard()).toBe("registry.k8s.io/pause:3.10");
    await row.getByRole("button", { name: /^Copy: sha256/ }).click();
    expect(await clipboard()).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
  const [download = ""] = (copied.get("curl") ?? "").split("\n");
  await must("bash", ["-ec", `cd "$0" && mkdir got && cd got && ${download}`, folder.path]);
  expect(existsSync(at("got", download.split("/").at(-1) as string))).toBeTrue();

  await pulls(copied.get("containerd") ?? "", at("plain"));

  // The check beside offline.yml, where the bundle lies and kso is called kso.
  mkdirSync(at("bin"));
  symlinkSync(ways.binary[0] as string, at("bin/kso"));
  const checked = await run("bash", ["-ec", `cd "$0" && PATH="$0/bin:$PATH" && ${copied.get("check")}`, folder.path]);
  expect([checked.code, checked.stderr]).toEqual([0, expect.stringContaining("6 files and 3 images are at the site")]);
}, 60_000);

test("with TLS the lines bring the CA along, and its fingerprint to compare", async () => {
  const tls = ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("tls")];
  await using secure = await startService(at("home"), [bundle, ...tls]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(secure.files);
    const lines = (name: string): Promise<string[]> => panel(page, name).locator("li > .block pre").allTextContents();
    const told = /SHA-256 (\S+)\)/.exec(await secure.line(/^CA: /))?.[1] ?? "";
    for (const name of ["kubespray", "containerd", "node", "curl"])
      expect(await panel(page, name).textContent()).toContain(told);
    expect((await lines("kubespray")).join()).toContain(`--registry-host https://${new URL(secure.registry).host} `);
    expect((await lines("kubespray")).join()).toContain("--ca kso-ca.pem");
    expect(await pulls((await lines("containerd")).slice(0, 2).join("\n"), at("secure"))).toContain(told);
    expect((await lines("curl"))[1]).toContain("curl -fsS --cacert kso-ca.pem -LO https://");
  } finally {
    await context.close();
  }
}, 60_000);

test("without a registry, without files, and with a password the page says what is so", async () => {
  const credentials = { username: "site", password: "secret" };
  writeFileSync(
    at("users"),
    `site:${await Bun.password.hash(credentials.password, { algorithm: "bcrypt", cost: 4 })}\n`,
  );
  const look = async (args: readonly string[], where: "files" | "registry"): Promise<string> => {
    await using own = await startService(at("home"), [bundle, ...args]);
    const context = await browser.newContext({ locale: "en-US", httpCredentials: credentials });
    const page = await context.newPage();
    const response = await page.goto(own[where]);
    expect([args, response?.status(), await violations(page)]).toEqual([args, 200, []]);
    const text = (await page.locator("main").textContent()) ?? "";
    await context.close();
    return text;
  };
  expect(await look(["--registry", "off"], "files")).toContain("There is no registry here");
  expect(await look(["--files", "off"], "registry")).toContain("There are no files here");
  const guarded = await look(["--htpasswd", at("users")], "files");
  expect(guarded).toContain("curl -fsS -u NAME -o inventory/");
  expect(guarded).toContain("--credentials files,registry");
}, 120_000);

/** The lines as pasted into a shell, with the node's root below `dir`; then containerd pulls everything. @returns what they print. */
async function pulls(lines: string, dir: string): Promise<string> {
  mkdirSync(dir);
  const root = join(dir, "root");
  writeFileSync(join(dir, "paste.sh"), lines);
  const printed = await must("bash", ["-ec", 'cd "$0" && export DESTDIR="$0/root" && . ./paste.sh', dir]);
  const certs = join(root, "etc/containerd/certs.d");
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
