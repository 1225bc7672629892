// Which pages the site has, where each lies on it, and in which order they are listed.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

export type Language = "en" | "zh";

interface Page {
  /** In the repository: `docs/serve.md`. */
  readonly source: string;
  /** On the site: `serve.md`, `zh/serve.md`, `index.md`. */
  readonly place: string;
}

interface Group {
  readonly text: string;
  readonly items: readonly { readonly text: string; readonly link: string }[];
}

export const repository: string = join(import.meta.dirname, "../..");

const { repository: home } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  readonly repository: { readonly url: string };
};
/** Where the repository is at home. */
export const homepage: string = home.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** Names of pages by what a reader is about to do; what is in none stands in the last one. */
const groups: readonly { readonly en: string; readonly zh: string; readonly pages: readonly string[] }[] = [
  {
    en: "Start",
    zh: "开始",
    pages: ["index", "install", "session", "journeys/kunpeng-harbor", "journeys/raspberry-pis"],
  },
  { en: "Connected side", zh: "联网环境", pages: ["kubespray", "configuration", "fetch", "bundle", "images"] },
  { en: "Isolated side", zh: "离线环境", pages: ["serve", "config", "push", "harbor", "doctor"] },
  { en: "Extend", zh: "扩展", pages: ["plugins", "manifests"] },
  { en: "Reference", zh: "参考", pages: ["cli", "completion"] },
  { en: "Maintainers", zh: "维护者", pages: [] },
];

/** Every page, English first. */
export const pages: readonly Page[] = [
  { source: "README.md", place: "index.md" },
  { source: "README.zh-CN.md", place: "zh/index.md" },
  ...(readdirSync(join(repository, "docs"), { recursive: true }) as string[])
    .filter((path) => path.endsWith(".md") && !/^(site|decisions)\//.test(path))
    .sort()
    .map((path) => ({ source: `docs/${path}`, place: path })),
];

/** What stands in place of a page that is there in English alone, so that the switch of languages always leads somewhere. */
export function untranslated({ place, source }: Page): Page & { readonly text: string } {
  const title = titleOf({ place, source });
  return { source, place: `zh/${place}`, text: `# ${title}\n\n本页只有英文：[${title}](../${place})\n` };
}

/** The pages that are there in English alone. */
export function englishOnly(): readonly Page[] {
  const places = new Set(pages.map(({ place }) => place));
  return pages.filter(({ place }) => !place.startsWith("zh/") && !places.has(`zh/${place}`));
}

/** The page's text with links that hold on the site: to another page, to a picture, else to the repository. */
export function onSite({ source, place }: Page, text: string): string {
  return text.replaceAll(/(?<=\]\()([^)\s]+)(?=\))/g, (link) => {
    if (/^([a-z]+:|#)/.test(link)) return link;
    const [path = "", anchor] = link.split("#");
    const target = normalize(join(dirname(source), path));
    const end = anchor === undefined ? "" : `#${anchor}`;
    const page = pages.find((other) => other.source === target);
    const picture = /^docs\/((?:zh\/)?images\/.*)$/.exec(target)?.[1];
    const there = page?.place ?? picture;
    if (there === undefined) return `${homepage}/blob/main/${target}${end}`;
    const steps = relative(dirname(place), there);
    return `${steps.startsWith(".") ? "" : "./"}${steps}${end}`;
  });
}

/** The list of pages in a language. */
export function sidebar(language: Language): readonly Group[] {
  const prefix = language === "zh" ? "zh/" : "";
  const theirs = pages.filter(({ place }) => place.startsWith("zh/") === (language === "zh"));
  const nameOf = ({ place }: Page): string => place.slice(prefix.length, -".md".length);
  const listed = groups.flatMap(({ pages: names }) => names);
  const others = theirs.map(nameOf).filter((name) => !listed.includes(name));
  return groups.map(({ en, zh, pages: names }, at) => ({
    text: language === "zh" ? zh : en,
    items: [...names, ...(at === groups.length - 1 ? others : [])].flatMap((name) => {
      const page = theirs.find((one) => nameOf(one) === name);
      return page ? [{ text: titleOf(page), link: `/${prefix}${name === "index" ? "" : name}` }] : [];
    }),
  }));
}

/** The first heading of a page. */
function titleOf({ source, place }: Page): string {
  if (place === "index.md") return "Overview";
  if (place === "zh/index.md") return "概览";
  return /^# (.*)$/m.exec(readFileSync(join(repository, source), "utf8"))?.[1]?.replaceAll("`", "") ?? source;
}
