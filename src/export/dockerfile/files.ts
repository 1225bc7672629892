// The file server of the build context: `files.tsv` (digest, URL, path: one file a line), Dockerfile.files and nginx.conf.
import { type FileArtifact, type Plan, sourceOf } from "../../core/plan.ts";
import { safePath, safeUrl } from "./safe.ts";

/** One line of files.tsv. */
interface Row {
  readonly digest: string;
  readonly url: string;
  readonly path: string;
}

/** The text of files.tsv, which fetch-files.sh reads. `-` stands for a digest that nobody published. */
export function filesTable(plan: Plan): string {
  const rows = new Map<string, Row>();
  for (const artifact of plan.artifacts) {
    const isSelected = artifact.platforms.some((platform) => plan.platforms.includes(platform));
    if (artifact.kind === "file" && isSelected) add(rows, artifact);
  }
  return [...rows.values()].map((row) => `${row.digest}\t${row.url}\t${row.path}\n`).join("");
}

/** Adds a file's line; what is for several platforms may come once for each. @throws KsoError `unresolvable` for a URL that no list can hold. */
function add(rows: Map<string, Row>, artifact: FileArtifact): void {
  const subject = `the file ${artifact.name}`;
  const row = {
    digest: artifact.digest ?? "-",
    url: safeUrl(sourceOf(artifact), subject),
    path: safePath(artifact.path, subject),
  };
  const other = rows.get(row.path);
  if (!other || other.digest === "-") rows.set(row.path, row);
}

/** The name in the build context of the index of a folder with charts. */
export function chartIndexName(at: number): string {
  return `chart-index-${at + 1}.yaml`;
}

/** What the file server holds, and for which platforms it is built. */
export interface FilesImage {
  readonly platforms: readonly string[];
  /** The paths of the chart indexes: `helm.cilium.io/index.yaml`. */
  readonly indexes: readonly string[];
}

/** The text of Dockerfile.files, the image that serves the files. All that it adds is in one directory, /kso: one layer, the same everywhere. */
export function filesDockerfile(base: string, tag: string, { platforms, indexes }: FilesImage): string {
  const names = indexes.map((_, at) => ` ${chartIndexName(at)}`).join("");
  const copies = indexes.map(
    (path, at) => `    && cat ${chartIndexName(at)} > '/out/kso/files/${safePath(path, "the file")}' \\\n`,
  );
  return `# nginx with every file of this plan, below /k8s/<host>/<path> and /<host>/<path>, on port 8080.
#
#   docker buildx build --platform ${platforms.join(",")} -f Dockerfile.files -t ${tag} --push .
#   buildah bud --platform ${platforms.join(",")} -f Dockerfile.files --manifest ${tag} .
#
# NGINX_IMAGE  what serves: any nginx with /bin/sh
# FETCH_IMAGE  what downloads: sh, curl or wget, sha256sum; runs on the machine that builds, never on the target
# JOBS         downloads at a time
# Finished downloads stay in the builder's cache (kso-files; buildah: $TMPDIR or /var/tmp, buildah-cache), so that
# neither the second platform nor a second try repeats them.
# Before 1.30, buildah does not set BUILDPLATFORM: on an arm64 machine add --build-arg BUILDPLATFORM=linux/arm64
ARG NGINX_IMAGE=${base}
ARG FETCH_IMAGE=\${NGINX_IMAGE}

FROM --platform=\${BUILDPLATFORM:-linux/amd64} \${FETCH_IMAGE} AS fetch
USER 0:0
ARG JOBS=8
WORKDIR /build
COPY fetch-files.sh settle.sh serve-files.sh nginx.conf files.tsv${names} ./
RUN --mount=type=cache,id=kso-files,target=/cache,sharing=locked \\
    sh fetch-files.sh files.tsv /out/kso/files /cache \\
${copies.join("")}    && cat serve-files.sh > /out/kso/serve-files.sh \\
    && cat nginx.conf > /out/kso/nginx.conf \\
    && sed '/\\[::\\]/d' nginx.conf > /out/kso/nginx-ipv4.conf \\
    && sh settle.sh /out

FROM \${NGINX_IMAGE}
COPY --from=fetch /out/ /
EXPOSE 8080
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/bin/sh", "/kso/serve-files.sh"]
CMD []
`;
}

/** The text of serve-files.sh, which starts nginx. It is the one thing that runs on the target, and only when the container does. */
export const serveFilesScript: string = `#!/bin/sh
# A [::] listener keeps nginx from starting where the kernel has no IPv6.
conf=/kso/nginx.conf
[ -f /proc/net/if_inet6 ] || conf=/kso/nginx-ipv4.conf
exec nginx -c "$conf" -g 'daemon off;'
`;

/** The text of nginx.conf. nginx writes only below /tmp, so that a read-only container will do. */
export const nginxConfig: string = `# Serves /kso/files twice: as it is, and below /k8s/.
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 4096;
}

http {
  types {
    text/plain txt asc sha256 sha512;
    application/json json;
    application/yaml yaml yml;
    application/gzip gz tgz;
  }
  default_type application/octet-stream;
  access_log /dev/stdout;
  client_body_temp_path /tmp/nginx-body;
  proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-fastcgi;
  uwsgi_temp_path /tmp/nginx-uwsgi;
  scgi_temp_path /tmp/nginx-scgi;

  sendfile on;
  tcp_nopush on;
  server_tokens off;
  # The port seen from outside may be another one.
  absolute_redirect off;
  # Every file has the same fixed time, so neither times nor the tags made of them tell two files apart.
  etag off;
  if_modified_since off;

  server {
    listen 8080;
    listen [::]:8080;
    root /kso/files;
    autoindex on;
    autoindex_exact_size off;

    location = /health {
      access_log off;
      default_type text/plain;
      return 200 "ok\\n";
    }
    location = /k8s {
      return 301 /k8s/;
    }
    location /k8s/ {
      alias /kso/files/;
    }
  }
}
`;
