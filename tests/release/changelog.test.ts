// The changelog has the form that a release takes its notes from, and the workflows run what their digests say.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions } from "compare-versions";
import { changelogSections, releaseNotes } from "../../release/changelog.ts";
import { home, version } from "../../src/runtime/build.ts";
import { root } from "../support/paths.ts";

const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");

test("CHANGELOG.md: Unreleased first, then versions from the newest, each with its day, its kinds of change and its link", () => {
  const sections = changelogSections(changelog);
  expect(sections[0]).toMatchObject({ version: "Unreleased", day: undefined });
  const released = sections.slice(1);
  expect(released.filter(({ day }) => day === undefined)).toEqual([]);
  const versions = released.map((section) => section.version);
  expect(versions).toEqual([...versions].sort((a, b) => compareVersions(b, a)));
  // What is built is the newest version there, or a later one.
  expect(compareVersions(version, versions[0] ?? "0.0.0")).toBeGreaterThanOrEqual(0);
  for (const { version: name, text } of sections) {
    const kinds = [...text.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind);
    expect(
      ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"].filter((kind) => kinds.includes(kind)),
    ).toEqual(kinds as string[]);
    expect(changelog).toContain(`\n[${name}]: ${home}/`);
  }
});

test("the notes of a release are its section; another version, or none, is refused with what to write", () => {
  const text =
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Fixed\n\n- It.\n\n## [1.1.0] - 2026-11-01\n\n[1.2.0]: x\n";
  expect(releaseNotes(text, "1.2.0")).toBe("### Fixed\n\n- It.\n");
  expect(() => releaseNotes(text, "1.3.0")).toThrow('has "1.2.0" as its newest version, not 1.3.0');
  expect(() => releaseNotes("# Changelog\n\n## [Unreleased]\n", "1.0.0")).toThrow('"## [1.0.0] - YYYY-MM-DD"');
  expect(() => changelogSections("## 1.0\n")).toThrow("is not");
});

test("every action is pinned to a commit, and each release is built in two places", () => {
  const folder = join(root, ".github/workflows");
  const uses = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/^\s*-?\s*uses: (.*)$/gm)].map(
      ([, action]) => action as string,
    ),
  );
  expect(uses.length).toBeGreaterThan(3);
  expect(uses.filter((action) => !/^\.\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$/.test(action))).toEqual([]);
  expect(readFileSync(join(folder, "release.yml"), "utf8")).toContain("diff -r first second");
});

test("install.sh fetches from where package.json says that kso lives", () => {
  const script = readFileSync(join(root, "release/install.sh"), "utf8");
  expect([...script.matchAll(/https:\/\/github\.com\/[\w-]+\/[\w-]+/g)].map(([url]) => url)).toEqual([
    home,
    home,
    home,
  ]);
});
