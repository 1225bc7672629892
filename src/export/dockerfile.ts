// `--format dockerfile`: a build context for two images, one that serves every file and one that serves every image.
// It consists of Dockerfiles, configurations, the scripts of the fetch stages and the lists that these read.
import { formatIndex } from "../charts/index-file.ts";
import { plannedRepositories } from "../charts/repository.ts";
import { type ImageArtifact, imagesOf, type Plan, sourceOf } from "../core/plan.ts";
import { releasesTag } from "../core/releases.ts";
import type { OutputFile } from "../files/output.ts";
import { bakeFile, imageTag } from "./dockerfile/bake.ts";
import { fetchFilesScript } from "./dockerfile/fetch-files.ts";
import { fetchImagesScript } from "./dockerfile/fetch-images.ts";
import { chartIndexName, filesDockerfile, filesTable, nginxConfig, serveFilesScript } from "./dockerfile/files.ts";
import { imagesDockerfile, imagesTable, registryConfig } from "./dockerfile/images.ts";
import { normalizeMetadataScript } from "./dockerfile/normalize-metadata.ts";
import { safeWord } from "./dockerfile/safe.ts";
import type { BaseImages, PlanExporter } from "./exporter.ts";
import { listExporter, renderLists } from "./list.ts";

function render(plan: Plan): OutputFile[] {
  const { platforms } = plan;
  const version = releasesTag(plan);
  const bases = baseImagesOf(plan, sourceOf);
  const repositories = plannedRepositories(plan.artifacts.filter((artifact) => artifact.kind === "file"));
  const indexes = repositories.map(({ path }) => path);
  return [
    {
      path: "Dockerfile.files",
      content: filesDockerfile(bases.files, imageTag("files", version), { platforms, indexes }),
    },
    { path: "Dockerfile.images", content: imagesDockerfile(bases.images, imageTag("images", version), platforms) },
    { path: "docker-bake.hcl", content: bakeFile(version, platforms) },
    { path: ".dockerignore", content: dockerignore },
    { path: "files.tsv", content: filesTable(plan) },
    { path: "images.tsv", content: imagesTable(plan) },
    ...repositories.map((repository, at) => ({ path: chartIndexName(at), content: formatIndex(repository) })),
    { path: "nginx.conf", content: nginxConfig },
    { path: "registry.yml", content: registryConfig },
    { path: "fetch-files.sh", content: fetchFilesScript, executable: true },
    { path: "fetch-images.sh", content: fetchImagesScript, executable: true },
    { path: "serve-files.sh", content: serveFilesScript, executable: true },
    { path: "settle.sh", content: normalizeMetadataScript, executable: true },
    ...renderLists(plan),
  ];
}

/** The images that both images are built on, unless the user names others. */
export function defaultBaseImages(plan: Plan): BaseImages<string> {
  return baseImagesOf(plan, ({ image }) => image);
}

/** The plan's own nginx and registry, where it has them: then the base is what the cluster runs too. */
function baseImagesOf(plan: Plan, name: (artifact: ImageArtifact) => string): BaseImages<string> {
  const choose = (image: string, tag: string): string => {
    const artifact = imagesOf(plan).find((candidate) => candidate.image.startsWith(`${image}:`));
    return artifact ? safeWord(name(artifact), `the image ${artifact.name}`) : `${image}:${tag}`;
  };
  return {
    files: choose("docker.io/library/nginx", "1.28.2-alpine"),
    images: choose("docker.io/library/registry", "2.8.3"),
  };
}

/** What the builds copy; whatever else lies in the directory stays out of the context. */
const dockerignore = `*
!*.sh
!*.tsv
!nginx.conf
!chart-index-*.yaml
!registry.yml
`;

const ownedFiles: readonly string[] = [
  "Dockerfile\\.(files|images)",
  "docker-bake\\.hcl",
  "\\.dockerignore",
  "(files|images)\\.tsv",
  "nginx\\.conf",
  "chart-index-\\d+\\.yaml",
  "registry\\.yml",
  "(fetch-files|fetch-images|serve-files|settle)\\.sh",
];

export const dockerfileExporter: PlanExporter = {
  name: "dockerfile",
  needs: "plan",
  description: "a build context: Dockerfiles of a file server and a registry with everything in them, docker-bake.hcl",
  owns: new RegExp(`${listExporter.owns.source}|^(${ownedFiles.join("|")})$`),
  render,
};
