// docs/session.md and its Chinese: the first hour of README.md as a terminal shows it, typed by the compiled binary on machines of their
// own. `npm run session` records it anew; tests/e2e/stories.e2e.ts holds the page to what is said today.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "../../src/core/language.ts";
import { codeBlocks, commandLines, page } from "./document.ts";
import { type Internet, makeInternet, publishOwnRelease } from "./internet.ts";
import { type Background, carry, homeOf, type Machine, succeedIn, type Typed } from "./machine.ts";
import { root } from "./paths.ts";
import { planFor } from "./plan.ts";
import { serveRelease, writeManifests } from "./release-upstream.ts";
import { temporary } from "./temp.ts";

/** What is said on both sides of the first hour. */
export interface Session {
  readonly connected: readonly Typed[];
  readonly isolated: readonly Typed[];
}

/** The lines of one side of a story of README.md. */
export function storyLines(story: string, side: "connected" | "isolated"): string[] {
  return codeBlocks(page("README.md"), story)
    .filter(({ marks }) => marks.includes(side))
    .flatMap(commandLines);
}

/** The line that goes on in the background, and what it says once it is ready. */
export const serving: Background = { line: /^kso serve /, ready: "http://10.0.0.5:8080" };

/** Types the first hour on two machines below `folder`. `digests`: those of the upstream in place of the ones that kso knows. */
export async function firstHour(
  folder: string,
  internet: Internet,
  digests: ReadonlyMap<string, string>,
  language: Language = "en",
): Promise<Session> {
  const env = { LANG: language === "zh" ? "zh_CN.UTF-8" : "C.UTF-8" };
  const outside: Machine = { ...internet, folder: join(folder, "connected"), env };
  const inside: Machine = { folder: join(folder, "isolated"), isolated: ["10.0.0.5"], env };
  for (const machine of [outside, inside]) mkdirSync(homeOf(machine), { recursive: true });
  await writeManifests(join(homeOf(outside), "manifests"), digests);
  writeFileSync(join(homeOf(outside), "kso.yaml"), "manifests: manifests\n");
  const connected = await succeedIn(outside, storyLines("the-first-hour", "connected"));
  carry(outside, inside, "site.tar");
  return { connected, isolated: await succeedIn(inside, storyLines("the-first-hour", "isolated"), serving) };
}

/** What a terminal shows of it: of a progress its last line alone, and nothing of what the made-up upstream needs. */
export function screenOf(typed: readonly Typed[]): string {
  return typed
    .map(({ line, stdout, stderr }) => {
      const lines = `${stderr}${stdout}`.split("\n").filter((one) => one !== "" && !one.startsWith("kso.yaml: "));
      const label = (text: string | undefined): string =>
        /^[^:]+: .*(?= of |\d+ % )/.exec(text ?? "")?.[0].replace(/\d.*/, "") ?? "";
      const shown = lines.filter((one, at) => label(one) === "" || label(one) !== label(lines[at + 1]));
      return `$ ${line.replace(/\s+#.*$/, "")}\n${shown.map((one) => `${one}\n`).join("")}`;
    })
    .join("");
}

const words = {
  en: {
    title: "A session, recorded",
    lede: "The first hour of the README as a terminal shows it, on a bare Debian. The upstream was a made-up one whose files are tiny: with the\nreal one 45 files and 48 images are several gigabytes. `npm run session` records it.",
    connected: "The connected side",
    isolated: "The isolated side",
  },
  zh: {
    title: "一次操作的记录",
    lede: "README 中“第一个小时”在终端上的样子，环境是最小安装的 Debian，语言为 `LANG=zh_CN.UTF-8`。上游是虚构的，文件都很小；真实的 45 个文件和\n48 个镜像有数 GB。由 `npm run session` 录制。",
    connected: "联网环境",
    isolated: "离线环境",
  },
} as const;

/** The page. */
export function sessionPage(language: Language, { connected, isolated }: Session): string {
  const { title, lede, ...sides } = words[language];
  const block = (name: string, typed: readonly Typed[]): string =>
    `## ${name}\n\n\`\`\`text\n${screenOf(typed)}\`\`\`\n`;
  return [`# ${title}\n`, `${lede}\n`, block(sides.connected, connected), block(sides.isolated, isolated)].join("\n");
}

if (import.meta.main) {
  using folder = temporary();
  const at = (...names: string[]): string => join(folder.path, ...names);
  const { origin, digests } = await serveRelease(at("release"), planFor({}));
  await origin.stop();
  publishOwnRelease(at("release/www"));
  const registries = ["registry.k8s.io", "quay.io", "ghcr.io", "registry-1.docker.io"];
  const internet = await makeInternet(at("internet"), at("release"), registries);
  for (const language of ["en", "zh"] as const) {
    const text = sessionPage(language, await firstHour(at(language), internet, digests, language));
    writeFileSync(join(root, language === "zh" ? "docs/zh/session.md" : "docs/session.md"), text);
  }
}
