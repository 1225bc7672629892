// `--format list`: URL lists, image list and checksum files that work with wget, sha256sum and any script.
import { assertPlanNames, decodedPath } from "../core/bundle-names.ts";
import { digestParts } from "../core/digest.ts";
import { type FileArtifact, filesFor, formatPlan, imagesOf, type Plan, sourceOf } from "../core/plan.ts";
import { releasesName } from "../core/releases.ts";
import type { OutputFile } from "../files/output.ts";
import type { PlanExporter } from "./exporter.ts";

/** The files of the list format; the dockerfile format has them too. @throws KsoError `unresolvable` for names that collide. */
export function renderLists(plan: Plan): OutputFile[] {
  assertPlanNames(plan);
  // Beside what all of several releases want together, in a folder for each what it alone wants.
  const parts = plan.parts ?? [];
  const folders = parts.flatMap((part) =>
    renderLists(part).map((file) => ({ ...file, path: `${releasesName(part)}/${file.path}` })),
  );
  const perPlatform = plan.platforms.flatMap((platform) => {
    const arch = platform.split("/")[1] as string;
    const files = filesFor(plan, platform);
    return [
      { path: `files-${arch}.list`, content: lines(files.map(sourceOf)) },
      { path: `SHA256SUMS-${arch}`, content: sums(files, "sha256") },
      { path: `SHA512SUMS-${arch}`, content: sums(files, "sha512") },
    ];
  });
  return [
    // A SHA512SUMS with nothing in it would make `sha512sum -c` fail; the other files are promised even when empty.
    ...perPlatform.filter((file) => file.content !== "" || !file.path.startsWith("SHA512")),
    { path: "images.list", content: lines(imagesOf(plan).map(sourceOf)) },
    { path: "plan.json", content: formatPlan(plan) },
    ...folders,
  ];
}

function lines(items: readonly string[]): string {
  return [...new Set(items)].map((item) => `${item}\n`).join("");
}

/** Lines for `sha256sum -c`, with the paths that `wget -x` writes: host (and port) / path, without the percent encoding of URLs. */
function sums(files: readonly FileArtifact[], algorithm: "sha256" | "sha512"): string {
  return lines(
    files.flatMap((file) => {
      if (!file.digest) return [];
      const parts = digestParts(file.digest);
      const path = sourceOf(file).replace(/^[a-z]+:\/\//, "");
      return parts.algorithm === algorithm ? [`${parts.hex}  ${decodedPath(path) ?? path}`] : [];
    }),
  );
}

export const listExporter: PlanExporter = {
  name: "list",
  needs: "plan",
  description:
    "URL lists per architecture, the image list, SHA256SUMS and plan.json; of several releases also for each",
  owns: /^(files-\w+\.list|images\.list|SHA(256|512)SUMS-\w+|plan\.json)$/,
  render: renderLists,
};
