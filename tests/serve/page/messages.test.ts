import { expect, test } from "bun:test";
import { languageOf, messages } from "../../../src/serve/page/messages.ts";

test("the language is that of ?lang=, else the browser's preference", () => {
  expect(languageOf("zh", "en")).toBe("zh");
  expect(languageOf("fr", "zh")).toBe("zh");
  expect(languageOf(null, null)).toBe("en");
  expect(languageOf(null, "zh-CN,zh;q=0.9,en;q=0.8")).toBe("zh");
  expect(languageOf(null, "fr, en;q=0.7, zh-TW;q=0.9")).toBe("zh");
  expect(languageOf(null, "zh;q=0.1, en-GB")).toBe("en");
  expect(languageOf(null, "zh;q=0")).toBe("en");
  expect(languageOf(null, ",;q=,zh;q=x,".repeat(1000))).toBe("en");
  expect(Object.keys(messages.zh)).toEqual(Object.keys(messages.en));
});
