// CHANGELOG.md by versions, as Keep a Changelog has it: what a release says of itself.

const headingPattern = /^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/;

/** A version's part of the changelog. */
export interface ChangelogSection {
  /** `Unreleased`, or a version. */
  readonly version: string;
  /** ISO 8601; undefined for what is not released. */
  readonly day: string | undefined;
  readonly text: string;
}

/** The sections in their order. @throws Error for a heading of another form. */
export function changelogSections(changelog: string): ChangelogSection[] {
  const [body = ""] = changelog.split(/^\[[^\]]+\]: /m);
  return body
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith("## "))
    .map((part) => {
      const [heading = "", ...lines] = part.split("\n");
      const [, version, day] = headingPattern.exec(heading) ?? [];
      if (version === undefined) throw new Error(`CHANGELOG.md: "${heading}" is not "## [VERSION] - DAY"`);
      return { version, day, text: `${lines.join("\n").trim()}\n` };
    });
}

/** What changed in a version that is released. @throws Error where the changelog has no dated heading for it, or the newest one is another. */
export function releaseNotes(changelog: string, version: string): string {
  const newest = changelogSections(changelog).find((section) => section.version !== "Unreleased");
  if (newest?.version !== version || newest.day === undefined)
    throw new Error(
      `CHANGELOG.md has "${newest?.version ?? "Unreleased"}" as its newest version, not ${version} with a day: give "Unreleased" the heading "## [${version}] - YYYY-MM-DD", and begin a new one`,
    );
  return newest.text;
}
