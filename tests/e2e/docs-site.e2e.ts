// The documentation as it is published, in a real browser: nothing is asked of others, pages read on a desk and on a phone, in both
// languages and both colour schemes, by a screen reader, and without scripts; the search finds. Run by .ci/run after docs/site/build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { pages } from "../../docs/site/pages.ts";
import { requireTools } from "../support/containers.ts";
import { root } from "../support/paths.ts";

const folder = join(root, "dist/docs");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let server: ReturnType<typeof Bun.serve>;
let browser: Browser;

beforeAll(async () => {
  await requireTools({ chromium: "chromium" });
  if (!existsSync(join(folder, "index.html"))) throw new Error("dist/docs is not built: npm run docs");
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const file = Bun.file(join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname));
      return (await file.exists()) ? new Response(file) : new Response("no", { status: 404 });
    },
  });
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: sandbox });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop(true);
});

/** A page in a browser of its own; at the end nothing may have gone wrong in it, and nothing may have been asked of others. */
async function visit(path: string, options: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on(
      "response",
      (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`),
    );
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url.href) && !request.url().startsWith("data:"))
        faults.push(`outside: ${request.url()}`);
    });
    await page.goto(new URL(path, server.url).href, { waitUntil: "networkidle" });
    await act(page);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

const paths = pages.map(({ place }) => `/${place.replace(/\.md$/, ".html")}`);

test("no page asks anything of others, and none is wider than a phone", async () => {
  await visit("/index.html", { viewport: { width: 390, height: 844 } }, async (page) => {
    for (const path of paths) {
      await page.goto(new URL(path, server.url).href, { waitUntil: "load" });
      expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, 390]);
    }
  });
}, 300_000);

test.each([
  ["/index.html", 390, "light"],
  ["/zh/index.html", 390, "dark"],
  ["/cli.html", 1280, "dark"],
  ["/zh/serve.html", 1280, "light"],
] as const)(
  "%s at %d pixels, %s, hinders nobody",
  async (path, width, colorScheme) => {
    await visit(path, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
    });
  },
  120_000,
);

test.each([
  ["/index.html", "sparse index", "/push.html"],
  ["/zh/index.html", "稀疏索引", "/zh/push.html"],
])(
  "the search of %s finds %s",
  async (path, words, found) => {
    await visit(path, { viewport: { width: 1280, height: 900 } }, async (page) => {
      await page.locator("#local-search button").first().click();
      await page.locator("#localsearch-input").fill(words);
      await page.locator(".VPLocalSearchBox .result").first().waitFor();
      const links = await page
        .locator(".VPLocalSearchBox .result")
        .evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      expect(links.some((link) => link?.startsWith(found))).toBe(true);
    });
  },
  120_000,
);

test("without scripts a page is there with its list of pages, and leads on", async () => {
  await visit("/zh/index.html", { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } }, async (page) => {
    await page.locator('aside a[href="/zh/serve.html"]').click();
    expect(await page.locator("main h1").textContent()).toContain("kso serve");
  });
}, 120_000);
