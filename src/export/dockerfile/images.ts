// The registry of the build context: `images.tsv` (source, name, platforms, tag, repositories: one image a line),
// Dockerfile.images and registry.yml.
import { KsoError } from "../../core/errors.ts";
import { type ImageArtifact, imagesOf, type Plan, sourceOf } from "../../core/plan.ts";
import { formatReference, parseReference, type Reference } from "../../core/reference.ts";
import { repositoriesOf } from "../repositories.ts";
import { safeWord } from "./safe.ts";

/** One line of images.tsv. */
interface Row {
  readonly source: string;
  readonly reference: Reference;
  readonly platforms: readonly string[];
}

/** The text of images.tsv, which fetch-images.sh reads. */
export function imagesTable(plan: Plan): string {
  const rows = merge(plan);
  return rows.map((row) => `${columns(row).join("\t")}\n`).join("");
}

function columns(row: Row): string[] {
  const name = formatReference(row.reference);
  return [row.source, name, row.platforms.join(","), row.reference.tag, repositoriesOf(row.reference).join(",")];
}

/** One line for each image, with all selected platforms that it is for. */
function merge(plan: Plan): Row[] {
  const rows = new Map<string, Row>();
  for (const artifact of imagesOf(plan)) {
    const existing = rows.get(artifact.image)?.source;
    const source = existing?.includes("@") ? existing : safeSource(artifact);
    const merged = new Set([...(rows.get(artifact.image)?.platforms ?? []), ...artifact.platforms]);
    const platforms = plan.platforms.filter((platform) => merged.has(platform));
    if (platforms.length > 0) {
      rows.set(artifact.image, { source, reference: parseReference(artifact.image), platforms });
    }
  }
  return [...rows.values()];
}

function safeSource(artifact: ImageArtifact): string {
  const subject = `the image ${artifact.name}`;
  safeWord(artifact.image, subject);
  const { digest, ...unpinned } = artifact;
  const source = safeWord(sourceOf(unpinned), subject);
  // skopeo takes a tag or a digest, and not both.
  if (/^[^/@]+\/[^@]+:[\w.-]+$/.test(source)) return digest ? source.replace(/:[^:]+$/, `@${digest}`) : source;
  throw new KsoError("unresolvable", `Cannot pull ${subject} from "${source}": write it as HOST/REPOSITORY:TAG`);
}

/** The text of Dockerfile.images, the image that serves the images. All that it adds is in one directory, /kso: one layer, the same everywhere. */
export function imagesDockerfile(base: string, tag: string, platforms: readonly string[]): string {
  return `# A registry with every image of this plan, on port 5000: by full name, without the host, and both below k8s/.
#
#   docker buildx build --platform ${platforms.join(",")} -f Dockerfile.images -t ${tag} --push .
#   buildah bud --platform ${platforms.join(",")} -f Dockerfile.images --manifest ${tag} .
#
# REGISTRY_IMAGE  what serves: any distribution registry
# FETCH_IMAGE     what pulls: sh, skopeo, sha256sum; runs on the machine that builds, never on the target
# JOBS            images at a time
# ALLOW_MISSING   images that may lack a platform: names, separated by blanks, or "all"
# SKOPEO_FLAGS    more options for skopeo, such as --tls-verify=false
# Credentials: --secret id=registry-auth,src=$HOME/.docker/config.json (they are in no layer)
# Blobs stay in the builder's cache (kso-images; buildah: $TMPDIR or /var/tmp, buildah-cache), so that
# neither the second platform nor a second try repeats them.
# Before 1.30, buildah does not set BUILDPLATFORM: on an arm64 machine add --build-arg BUILDPLATFORM=linux/arm64
ARG REGISTRY_IMAGE=${base}
ARG FETCH_IMAGE=quay.io/skopeo/stable:v1.18.0

FROM --platform=\${BUILDPLATFORM:-linux/amd64} \${FETCH_IMAGE} AS fetch
USER 0:0
ARG JOBS=8
ARG ALLOW_MISSING=
ARG SKOPEO_FLAGS=
WORKDIR /build
COPY fetch-images.sh settle.sh registry.yml images.tsv ./
RUN --mount=type=cache,id=kso-images,target=/cache,sharing=locked \\
    --mount=type=secret,id=registry-auth,target=/run/secrets/registry-auth \\
    sh fetch-images.sh images.tsv /out/kso/registry /cache \\
    && cat registry.yml > /out/kso/registry.yml \\
    && sh settle.sh /out

FROM \${REGISTRY_IMAGE}
COPY --from=fetch /out/ /
EXPOSE 5000
ENTRYPOINT ["registry", "serve", "/kso/registry.yml"]
CMD []
`;
}

/** The text of registry.yml. Not /var/lib/registry: that is a volume in the official image, and would be copied whenever a container starts. */
export const registryConfig: string = `# Serves /kso/registry, and changes nothing in it.
version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: /kso/registry
  cache:
    blobdescriptor: inmemory
  maintenance:
    uploadpurging:
      enabled: false
    readonly:
      enabled: true
http:
  addr: :5000
`;
