// Pages of the repository on the site: links between them, pictures, files that are at home in the repository alone.
import { expect, test } from "bun:test";
import { englishOnly, homepage, onSite, pages, sidebar, untranslated } from "../../../docs/site/pages.ts";

const link = (source: string, target: string): string => {
  const page = pages.find((one) => one.source === source);
  if (!page) throw new Error(`${source} is not on the site`);
  return onSite(page, `[x](${target})`).slice("[x](".length, -1);
};

test("links hold where pages lie on the site", () => {
  expect(link("README.md", "docs/serve.md#tls")).toBe("./serve.md#tls");
  expect(link("README.md", "README.zh-CN.md")).toBe("./zh/index.md");
  expect(link("README.zh-CN.md", "docs/zh/serve.md")).toBe("./serve.md");
  expect(link("README.md", "CONTRIBUTING.md")).toBe(`${homepage}/blob/main/CONTRIBUTING.md`);
  expect(link("docs/zh/bundle.md", "../../manifests/schema/lock.json")).toBe(
    `${homepage}/blob/main/manifests/schema/lock.json`,
  );
  expect(link("docs/serve.md", "images/page.png")).toBe("./images/page.png");
  expect(link("docs/zh/serve.md", "../images/page.png")).toBe("../images/page.png");
  expect(link("docs/serve.md", "https://example.org/a#b")).toBe("https://example.org/a#b");
  expect(link("docs/serve.md", "#tls")).toBe("#tls");
});

test("every page is in the list of its language once, under its heading", () => {
  for (const language of ["en", "zh"] as const) {
    const listed = sidebar(language).flatMap(({ items }) => items.map(({ link }) => link));
    const theirs = pages.filter(({ place }) => place.startsWith("zh/") === (language === "zh"));
    expect(listed.toSorted()).toEqual(theirs.map(({ place }) => `/${place.replace(/(index)?\.md$/, "")}`).toSorted());
  }
  expect(sidebar("zh")[2]?.items).toContainEqual({ text: "让集群指向离线包", link: "/zh/config" });
});

test("a page that is there in English alone says so in Chinese", () => {
  const page = englishOnly().find(({ place }) => place === "architecture.md");
  expect(page && untranslated(page)).toMatchObject({
    place: "zh/architecture.md",
    text: "# Architecture\n\n本页只有英文：[Architecture](../architecture.md)\n",
  });
});
