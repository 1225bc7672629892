// The texts of the pages in both languages, and which language a client gets.
import type { Language } from "../../core/language.ts";

/** What is served, in one sentence. */
interface BundleSummary {
  readonly kubernetes: string;
  readonly architectures: string;
  readonly files: number;
  readonly images: number;
  readonly size: string;
}

const english = {
  language: "Language",
  other: "中文",
  skip: "Skip to the content",
  pages: "Pages",
  contents: "Contents",
  files: "Files",
  missing: "Missing",
  lede: ({ kubernetes, architectures, files, images, size }: BundleSummary) =>
    `Kubernetes ${kubernetes} for ${architectures}: ${files} files and ${images} images, ${size}`,
  and: " and ",
  overview: "Overview",
  commit: "Commit",
  platforms: "Platforms",
  lock: "Lock",
  madeBy: "Made by",
  onDisk: "On disk",
  use: "Use it",
  useNote: "These lines hold the address that you reached this page by.",
  kubespray: "kubespray",
  containerd: "containerd",
  docker: "Docker",
  curl: "curl",
  kubesprayNote: "Variables of your inventory:",
  kubesprayMore: "The same as a file, and a check that all of it is here for every architecture:",
  containerdNote: "On each node; images keep their own names:",
  dockerNote: "Pull by the full name behind this server's address:",
  dockerInsecure: "Docker takes a registry without TLS only when /etc/docker/daemon.json says so:",
  dockerCa: "Docker must trust the CA:",
  curlNote: "Every file lies below its origin's host:",
  caNote: "Trust the CA of this server first, and compare its fingerprint:",
  noRegistry: "This server was started without a registry.",
  copy: "Copy",
  copied: "Copied",
  components: "Components",
  componentsCaption: "Components by architecture; a byte that two architectures share counts for both",
  component: "Component",
  version: "Version",
  filesColumn: "Files",
  imagesColumn: "Images",
  total: "Total",
  all: "All",
  items: "Files and images",
  itemsCaption: "Files and images with their digests",
  search: "Search",
  searchHint: "Name, component, version or digest",
  clear: "Show all",
  shown: (count: string, total: string) => `${count} of ${total}`,
  nothing: "Nothing in this bundle matches.",
  more: (count: number) => `${count} more; search to see them`,
  name: "Name",
  architecture: "Arch.",
  noPlatform: "none: it cannot be pulled",
  size: "Size",
  digest: "Digest",
  kind: "Kind",
  file: "file",
  image: "image",
  unavailable: "Unavailable",
  unavailableNote: "What a component wants and upstream does not have, or nobody publishes a digest for:",
  unresolved: "Unresolved",
  unresolvedNote: "What the inventory wants and could not be evaluated; the bundle was made without it, on record:",
  pinned: "No digest is published; pinned when it was fetched",
  listing: (path: string) => `Files below ${path}`,
  parent: "One level up",
  entries: "Entries",
  folder: "folder",
  missingTitle: "Asked for and not here",
  missingNote:
    "What clients asked this server for and the bundle lacks. Take the list to the connected side, look it through, and let kso fetch what should be in the next bundle:",
  missingNone: "Everything that was asked for was here.",
  missingCaption: "Names that were asked for, the latest first",
  missingDropped: (count: number) => `${count} further requests are not listed.`,
  requests: "Requests",
  last: "Last",
  clients: "Clients",
  incomplete: "not a full name",
  chartIndex: "made from its charts: add these",
  unknown: "unknown",
  notFound: "Not in this bundle",
  notFoundNote: (name: string) => `This server has no ${name}`,
  servedBy: (version: string) => `kso ${version}, read-only`,
};

type Messages = typeof english;

const chinese: Messages = {
  language: "语言",
  other: "English",
  skip: "跳到正文",
  pages: "页面",
  contents: "内容",
  files: "文件",
  missing: "缺失",
  lede: ({ kubernetes, architectures, files, images, size }) =>
    `Kubernetes ${kubernetes}，适用于 ${architectures}：${files} 个文件、${images} 个镜像，共 ${size}`,
  and: " 和 ",
  overview: "概况",
  commit: "提交",
  platforms: "平台",
  lock: "锁文件",
  madeBy: "制作工具",
  onDisk: "磁盘占用",
  use: "如何使用",
  useNote: "以下内容已填入您访问本页所用的地址。",
  kubespray: "kubespray",
  containerd: "containerd",
  docker: "Docker",
  curl: "curl",
  kubesprayNote: "写入清单（inventory）变量：",
  kubesprayMore: "用命令生成同样的文件，并检查每种架构所需内容是否齐全：",
  containerdNote: "在每个节点上执行，镜像名称保持不变：",
  dockerNote: "在本服务器地址之后使用镜像全名拉取：",
  dockerInsecure: "若仓库未启用 TLS，需在 /etc/docker/daemon.json 中声明：",
  dockerCa: "让 Docker 信任该 CA：",
  curlNote: "每个文件都位于其来源主机名之下：",
  caNote: "请先信任本服务器的 CA，并核对指纹：",
  noRegistry: "本服务器启动时未启用镜像仓库。",
  copy: "复制",
  copied: "已复制",
  components: "组件",
  componentsCaption: "各架构的组件；两个架构共用的字节在两边各计一次",
  component: "组件",
  version: "版本",
  filesColumn: "文件",
  imagesColumn: "镜像",
  total: "合计",
  all: "全部",
  items: "文件与镜像",
  itemsCaption: "文件与镜像及其摘要",
  search: "搜索",
  searchHint: "名称、组件、版本或摘要",
  clear: "显示全部",
  shown: (count, total) => `${count} / ${total}`,
  nothing: "没有匹配的内容。",
  more: (count) => `还有 ${count} 项，请搜索查看`,
  name: "名称",
  architecture: "架构",
  noPlatform: "无：无法拉取",
  size: "大小",
  digest: "摘要",
  kind: "类型",
  file: "文件",
  image: "镜像",
  unavailable: "上游未提供",
  unavailableNote: "组件需要、但上游没有提供或没有公布摘要的内容：",
  unresolved: "未能解析",
  unresolvedNote: "清单需要、但无法求值的内容；制作离线包时已允许缺少，并记录在案：",
  pinned: "上游未公布摘要，已在下载时固定",
  listing: (path) => `${path} 下的文件`,
  parent: "上一级",
  entries: "条目",
  folder: "目录",
  missingTitle: "被请求但不在此处",
  missingNote:
    "客户端向本服务器请求过、而离线包中没有的内容。请将此清单带到联网一侧，检查后由 kso 取回并放入下一个离线包：",
  missingNone: "所有请求的内容都在这里。",
  missingCaption: "被请求的名称，最近的在前",
  missingDropped: (count) => `另有 ${count} 次请求未列出。`,
  requests: "次数",
  last: "最近一次",
  clients: "客户端",
  incomplete: "名称不完整",
  chartIndex: "由其 chart 生成：请添加 chart",
  unknown: "未知",
  notFound: "离线包中没有",
  notFoundNote: (name) => `本服务器没有 ${name}`,
  servedBy: (version) => `kso ${version}，只读`,
};

/** All texts of the pages, by language. */
export const messages: Readonly<Record<Language, Messages>> = { en: english, zh: chinese };

/** The language of a page: what its address says (`?lang=`), or an earlier one (cookie), or the browser (RFC 9110, 12.5.4). */
export function languageOf(lang: string | null, cookie: string | null, accept: string | null): Language {
  if (isLanguage(lang)) return lang;
  const [, remembered] = /(?:^|;\s*)kso_lang=(en|zh)(?:;|$)/.exec(cookie ?? "") ?? [];
  if (isLanguage(remembered)) return remembered;
  let best: { language: Language; quality: number } = { language: "en", quality: 0 };
  for (const part of (accept ?? "").slice(0, 512).split(",")) {
    const [, tag = "", weight] =
      /^\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?(?:\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$/.exec(part) ?? [];
    const quality = weight === undefined ? 1 : Number(weight);
    const language = tag.toLowerCase();
    if (isLanguage(language) && quality > best.quality) best = { language, quality };
  }
  return best.language;
}

/** Whether the text names a language of the pages. */
export function isLanguage(text: string | null | undefined): text is Language {
  return text === "en" || text === "zh";
}
