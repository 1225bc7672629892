// The language of a process is that of its locale.
import { expect, test } from "bun:test";
import { localeLanguage } from "../../src/core/language.ts";

test.each([
  [{}, "en"],
  [{ LANG: "zh_CN.UTF-8" }, "zh"],
  [{ LANG: "zh" }, "zh"],
  [{ LANG: "zh_TW.Big5" }, "zh"],
  [{ LANG: "C.UTF-8" }, "en"],
  [{ LANG: "zhuang" }, "en"],
  [{ LANG: "zh_CN.UTF-8", LC_MESSAGES: "en_US.UTF-8" }, "en"],
  [{ LANG: "en_US.UTF-8", LC_MESSAGES: "zh_CN.UTF-8" }, "zh"],
  [{ LANG: "en_US.UTF-8", LC_MESSAGES: "en_US.UTF-8", LC_ALL: "zh_CN" }, "zh"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "C" }, "en"],
  [{ LANG: "zh_CN.UTF-8", LC_ALL: "" }, "zh"],
] as const)("%j is %s", (env, language) => {
  expect(localeLanguage(env)).toBe(language);
});
