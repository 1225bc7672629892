// Names that cannot be in one bundle.
import { describe, expect, test } from "bun:test";
import { forecastTarball } from "../../../src/export/tarball.ts";
import { sampleLock, sampleOptions } from "../../support/bundle.ts";
import { noise } from "../../support/seed.ts";
import { temporary } from "../../support/temp.ts";

describe("names that cannot stand beside each other are refused", () => {
  test("two images of one name without the host", () => {
    using folder = temporary();
    const images = [...sampleOptions().images, ["docker.io/pause:3.10", "another pause"] as const];
    expect(() => forecastTarball(sampleLock(folder.path, { images }))).toThrow(
      '"docker.io/pause:3.10" and "registry.k8s.io/pause:3.10" are different images and share the name "pause:3.10"',
    );
    const same = [...sampleOptions().images, ["docker.io/pause:3.10", "pause"] as const];
    expect(forecastTarball(sampleLock(folder.path, { images: same })).blobs).toBeGreaterThan(0);
  });

  test.each([
    ["docker.io/registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
    ["docker.io/k8s/pause:3.10", "k8s/pause:3.10"],
    ["k8s.example/k8s/registry.k8s.io/pause:3.10", "k8s/registry.k8s.io/pause:3.10"],
  ])("%s and registry.k8s.io/pause:3.10 would share the name %s", (image, name) => {
    using folder = temporary();
    const images = [...sampleOptions().images, [image, "another pause"] as const];
    expect(() => forecastTarball(sampleLock(folder.path, { images }))).toThrow(`share the name "${name}"`);
  });

  const files = (...paths: string[]): Parameters<typeof sampleLock>[1] => ({
    files: paths.map((path, at) => [path, noise(`file ${at}`, 10)] as const),
  });
  test.each([
    [["h.example/a", "h.example/a"], 'two files are named "h.example/a"'],
    [["h.example/a", "h.example/a-b", "h.example/a/b/c"], '"h.example/a" is a file, and "h.example/a/b/c" needs'],
    [["h.example/../../etc/passwd"], 'the file "h.example/../../etc/passwd": the name climbs'],
    [["/etc/passwd"], 'the file "/etc/passwd": the name has an empty part'],
    [["h.example/a\nb"], 'the file "h.example/a\\nb": the name holds a control character'],
    [["h.example/\ud800"], "the name is not Unicode text"],
    [["h.example"], 'the file "h.example": it is not HOST/PATH'],
    [["h.example/dir/"], "empty part"],
    [[`h.example/${"n".repeat(300)}`], "longer than 255 bytes"],
  ])("files %p", (paths, message) => {
    using folder = temporary();
    const { lock } = sampleLock(folder.path, files(...paths));
    expect(() => forecastTarball({ lock })).toThrow(message);
    expect(() => forecastTarball({ lock })).toThrow(expect.objectContaining({ code: "unresolvable" }));
  });
});
