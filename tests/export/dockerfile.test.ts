// The dockerfile format as text: what the plan turns into, and what is refused. tests/e2e/dockerfile.e2e.ts builds it.
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { parse } from "yaml";
import type { Artifact, FileArtifact, ImageArtifact, Plan } from "../../src/core/plan.ts";
import { dockerfileExporter } from "../../src/export/dockerfile.ts";

const both = ["linux/amd64", "linux/arm64"];
const digest = `sha256:${"ab".repeat(32)}` as const;
const common = {
  component: "etcd",
  version: "1",
  listed: true,
  reason: "test",
  provenance: { version: "t", name: "t" },
};

function file(more: Partial<FileArtifact> = {}): FileArtifact {
  const [url, path] = ["https://host.example/a/etcd.tgz", "host.example/a/etcd.tgz"];
  return { ...common, kind: "file", name: "etcd", platforms: both, url, path, digest, ...more };
}

function image(name: string, more: Partial<ImageArtifact> = {}): ImageArtifact {
  return { ...common, kind: "image", name: "etcd_image", platforms: both, image: name, ...more };
}

function planOf(artifacts: readonly Artifact[], more: Partial<Plan> = {}): Plan {
  return {
    schema: "kso.plan/1",
    release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "0" },
    kubernetes: "1.35.4",
    platforms: both,
    artifacts,
    unavailable: [],
    unresolved: [],
    components: [],
    notes: [],
    ...more,
  };
}

function render(artifacts: readonly Artifact[], more: Partial<Plan> = {}): Record<string, string> {
  return Object.fromEntries(
    dockerfileExporter.render(planOf(artifacts, more)).map(({ path, content }) => [path, content]),
  );
}

describe("the build context", () => {
  const artifacts = [file(), image("registry.k8s.io/pause:3.10")];

  test("has the Dockerfiles, what they copy, the lists and nothing that the format does not own", () => {
    const outputs = dockerfileExporter.render(planOf(artifacts));
    expect(outputs.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "Dockerfile.files",
        "Dockerfile.images",
        "docker-bake.hcl",
        "nginx.conf",
        "registry.yml",
        "plan.json",
      ]),
    );
    expect(outputs.filter(({ path }) => !dockerfileExporter.owns.test(path))).toEqual([]);
    const scripts = outputs.filter(({ path }) => path.endsWith(".sh"));
    expect(scripts.every(({ executable }) => executable)).toBe(true);
    expect(dockerfileExporter.render(planOf(artifacts))).toEqual(outputs);
    const context = render(artifacts);
    for (const name of ["Dockerfile.files", "Dockerfile.images"]) {
      const copied = /^COPY (.*) \.\/$/m.exec(context[name] as string)?.[1]?.split(" ") ?? [];
      expect(copied.filter((path) => !(path in context))).toEqual([]);
    }
  });

  test("has scripts that are POSIX sh", () => {
    for (const { path, content } of dockerfileExporter.render(planOf(artifacts))) {
      if (!path.endsWith(".sh")) continue;
      expect(content).toStartWith("#!/bin/sh\n");
      expect({ path, ...pick(spawnSync("sh", ["-n"], { input: content, encoding: "utf8" })) }).toEqual({
        path,
        status: 0,
        stderr: "",
      });
    }
  });

  test("runs nothing on the target platform, and needs no newer Dockerfile syntax", () => {
    for (const name of ["Dockerfile.files", "Dockerfile.images"]) {
      const content = render(artifacts)[name] as string;
      const [fetching, final] = content.split(/^FROM .*$/m).slice(1) as [string, string];
      expect(fetching).toContain("RUN");
      expect(final).not.toContain("RUN");
      expect(final).toContain("COPY --from=fetch /out/ /");
      expect(content).toMatch(/^FROM --platform=\$\{BUILDPLATFORM:-linux\/amd64\} /m);
      expect(content).not.toMatch(/<<|--link/);
    }
  });

  test("takes the plan's own nginx and registry as bases, from where the plan pulls them", () => {
    expect(render([])["Dockerfile.files"]).toContain("ARG NGINX_IMAGE=docker.io/library/nginx:1.28.2-alpine\n");
    expect(render([])["Dockerfile.images"]).toContain("ARG REGISTRY_IMAGE=docker.io/library/registry:2.8.3\n");
    const own = render([
      image("docker.io/library/nginx:1.30-alpine", { locations: ["https://mirror.example/nginx:1.30-alpine"] }),
    ]);
    expect(own["Dockerfile.files"]).toContain("ARG NGINX_IMAGE=mirror.example/nginx:1.30-alpine\n");
  });

  test("bakes both images for all platforms and for each", () => {
    const bake = render(artifacts)["docker-bake.hcl"] as string;
    expect([...bake.matchAll(/^target "(.*)"/gm)].map(([, name]) => name)).toEqual(
      ["files", "images"].flatMap((name) => [name, `${name}-amd64`, `${name}-arm64`]),
    );
    expect(bake).toContain('tag("kubespray-images:2.31.0-arm64")');
    expect(render(artifacts, { platforms: ["linux/arm64"] })["docker-bake.hcl"]).not.toContain("amd64");
  });
});

test("charts come with the index of their folder", () => {
  const chart = (host: string): FileArtifact =>
    file({
      name: "web_chart",
      version: "1.2.3",
      url: `https://${host}/a%2Bb/web-1.2.3.tgz`,
      path: `${host}/a%2Bb/web-1.2.3.tgz`,
    });
  const outputs = render([file(), chart("one.example"), chart("two.example")]);
  const {
    "Dockerfile.files": dockerfile = "",
    "chart-index-2.yaml": second = "",
    ".dockerignore": ignored = "",
  } = outputs;
  expect(dockerfile).toContain(
    "COPY fetch-files.sh settle.sh serve-files.sh nginx.conf files.tsv chart-index-1.yaml chart-index-2.yaml ./",
  );
  expect(dockerfile).toContain("&& cat chart-index-2.yaml > '/out/kso/files/two.example/a+b/index.yaml' \\\n");
  expect(parse(second).entries.web).toMatchObject([
    { version: "1.2.3", digest: "ab".repeat(32), urls: ["web-1.2.3.tgz"] },
  ]);
  expect(ignored).toContain("!chart-index-*.yaml");
  expect(dockerfileExporter.owns.test("chart-index-12.yaml")).toBeTrue();
  const without = render([file()]);
  expect(Object.keys(without).filter((path) => path.startsWith("chart"))).toEqual([]);
  expect(without["Dockerfile.files"]).not.toContain("chart-index");
});

describe("files.tsv", () => {
  const table = (...artifacts: FileArtifact[]): string | undefined => render(artifacts)["files.tsv"];

  test("has a line for each file, once, with the name inside and a hyphen for no digest", () => {
    const mirrored = file({ url: "http://10.0.0.5/x/etcd.tgz", path: "github.com/etcd%2B1.tgz" });
    const { digest: _, ...unknown } = file({ url: "https://host.example/b", path: "host.example/b" });
    expect(table(file(), file({ platforms: ["linux/arm64"] }), mirrored, unknown)).toBe(
      `${digest}\thttps://host.example/a/etcd.tgz\thost.example/a/etcd.tgz\n` +
        `${digest}\thttp://10.0.0.5/x/etcd.tgz\tgithub.com/etcd+1.tgz\n` +
        "-\thttps://host.example/b\thost.example/b\n",
    );
  });

  test.each([
    ["a blank", { url: "https://host.example/a b" }],
    ["a line break", { url: "https://host.example/a\nb" }],
    ["a quote", { path: "host.example/it's" }],
    ["a backslash", { url: "https://host.example/a\\b" }],
    ["a character that is not ASCII", { path: "host.example/\u202egpj" }],
    ["a path that climbs", { path: "host.example/../../etc/passwd" }],
    ["a path that climbs in disguise", { path: "host.example/%2e%2e/x" }],
    ["a blank in disguise", { path: "host.example/a%20b" }],
    ["a broken percent-encoding", { path: "host.example/a%zz" }],
    ["an absolute path", { path: "/etc/passwd" }],
    ["a path without a host", { path: "file" }],
    ["a query", { path: "host.example/a?b=c" }],
    ["an option", { url: "--output=/etc/passwd" }],
    ["another scheme", { url: "file:///etc/passwd" }],
    ["credentials", { url: "https://me:secret@host.example/a" }],
  ])("refuses %s and names the file", (_, more) => {
    expect(() => table(file(more))).toThrow(expect.objectContaining({ code: "unresolvable" }));
    expect(() => table(file(more))).toThrow("etcd");
  });

  test("refuses two files under one path, and a file that is also a directory", () => {
    const { digest: _, ...unknown } = file({ url: "https://other.example/etcd.tgz" });
    expect(() => table(file(), unknown)).toThrow(/host\.example.*other\.example/);
    expect(() => table(file(), file({ digest: `sha256:${"cd".repeat(32)}` }))).toThrow("two files are named");
    expect(() => table(file(), file({ path: "host.example/a" }))).toThrow(
      '"host.example/a" is a file, and "host.example/a/etcd.tgz" needs a directory',
    );
  });
});

describe("images.tsv", () => {
  const table = (...artifacts: ImageArtifact[]): string | undefined => render(artifacts)["images.tsv"];

  test("has a line for each image: source, name, platforms, tag, and all names inside", () => {
    const half = { locations: ["http://10.0.0.5:5000/quay/node:v3"], platforms: ["linux/arm64"] };
    expect(table(image("registry.k8s.io/pause:3.10"), image("quay.io/calico/node:v3", half))).toBe(
      "registry.k8s.io/pause:3.10\tregistry.k8s.io/pause:3.10\tlinux/amd64,linux/arm64\t3.10\t" +
        "registry.k8s.io/pause,pause,k8s/registry.k8s.io/pause,k8s/pause\n" +
        "10.0.0.5:5000/quay/node:v3\tquay.io/calico/node:v3\tlinux/arm64\tv3\t" +
        "quay.io/calico/node,calico/node,k8s/quay.io/calico/node,k8s/calico/node\n",
    );
  });

  test("joins the platforms of one image, and leaves out what was not chosen", () => {
    const per = ["linux/arm64", "linux/amd64", "linux/s390x"].map((platform) =>
      image("quay.io/a:1", { platforms: [platform] }),
    );
    expect(table(...per)).toMatch(/\tlinux\/amd64,linux\/arm64\t/);
    expect(table(image("quay.io/a:1", { platforms: ["linux/s390x"] }))).toBe("");
  });

  test("has no full name for a host with a port: no registry could serve it", () => {
    expect(table(image("registry.example:5000/team/app:1"))).toEndWith("\tteam/app,k8s/team/app\n");
  });

  test("refuses two images under one name and names both", () => {
    for (const [one, other] of [
      ["quay.io/a/b:1", "docker.io/a/b:1"],
      ["quay.io/k8s/a:1", "docker.io/a:1"],
    ] as const) {
      expect(() => table(image(one), image(other))).toThrow(expect.objectContaining({ code: "unresolvable" }));
      expect(() => table(image(one), image(other))).toThrow(`"${one}" and "${other}"`);
    }
    expect(table(image("quay.io/a/b:1"), image("docker.io/a/b:2"))).toContain("docker.io/a/b:2");
  });

  test("an image that is pinned is pulled by its digest, and has its tag", () => {
    const rows = table(image("host.example:5000/a/b:1"), image("host.example:5000/a/b:1", { name: "other", digest }));
    expect(rows?.split("\t").slice(0, 2)).toEqual([`host.example:5000/a/b@${digest}`, "host.example:5000/a/b:1"]);
    expect(render([image("quay.io/a:1", { digest })])["images.list"]).toBe(`quay.io/a:1@${digest}\n`);
  });

  test.each([
    "quay.io/a:1\nb",
    "quay.io/a b:1",
    "-quay.io/a:1",
    "quay.io/../a:1",
    "quay.io/a",
    `quay.io/a@${digest}`,
    "a:1",
  ])("refuses the source %j", (source) => {
    expect(() => table(image("quay.io/a:1", { locations: [`https://${source}`] }))).toThrow(
      expect.objectContaining({ code: "unresolvable" }),
    );
  });
});

function pick({ status, stderr }: { status: number | null; stderr: string }): {
  status: number | null;
  stderr: string;
} {
  return { status, stderr };
}
