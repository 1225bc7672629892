// How VitePress makes the site. Everything that a reader's browser asks for comes from the site itself.
import { homepage, type Language, sidebar } from "../pages.ts";
import { slug } from "../slug.ts";

const words = {
  en: {
    description: "kubespray offline: every file and image, across the air gap",
    source: "Source",
    language: "English",
  },
  zh: { description: "kubespray 离线部署：每一个文件和镜像，带进离线环境", source: "源代码", language: "简体中文" },
} as const;

const theme = (language: Language) => ({
  nav: [{ text: words[language].source, link: homepage }],
  sidebar: sidebar(language),
});

const chinese = {
  ...theme("zh"),
  outline: { level: [2, 3], label: "本页内容" },
  docFooter: { prev: "上一页", next: "下一页" },
  darkModeSwitchLabel: "外观",
  lightModeSwitchTitle: "切换到浅色",
  darkModeSwitchTitle: "切换到深色",
  sidebarMenuLabel: "目录",
  returnToTopLabel: "返回顶部",
  langMenuLabel: "切换语言",
  skipToContentLabel: "跳到正文",
  notFound: { title: "没有这个页面", quote: "地址有误，或页面已移动。", linkText: "返回首页", linkLabel: "返回首页" },
};

const search = {
  translations: {
    button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
    modal: {
      displayDetails: "显示详情",
      resetButtonTitle: "清除",
      backButtonTitle: "关闭搜索",
      noResultsText: "没有结果：",
      footer: {
        selectText: "选择",
        selectKeyAriaLabel: "回车",
        navigateText: "切换",
        navigateUpKeyAriaLabel: "上",
        navigateDownKeyAriaLabel: "下",
        closeText: "关闭",
        closeKeyAriaLabel: "Esc",
      },
    },
  },
};

/** Words as people write them; of Chinese each two neighbours, as nothing stands between its words. The browser gets this as text. */
function tokenize(text: string): string[] {
  return text.split(/[\s\p{P}\p{S}]+/u).flatMap((part) => {
    const runs = part.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? [];
    return runs.flatMap((run) =>
      /\p{Script=Han}/u.test(run) && run.length > 2
        ? Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2))
        : [run],
    );
  });
}

export default {
  title: "kso",
  srcDir: ".pages",
  outDir: "../../dist/docs",
  cleanUrls: false,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    anchor: { slugify: slug },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  locales: {
    root: { label: words.en.language, lang: "en", description: words.en.description, themeConfig: theme("en") },
    zh: { label: words.zh.language, lang: "zh-CN", description: words.zh.description, themeConfig: chinese },
  },
  themeConfig: {
    externalLinkIcon: true,
    outline: { level: [2, 3] },
    search: { provider: "local", options: { locales: { zh: search }, miniSearch: { options: { tokenize } } } },
  },
};
