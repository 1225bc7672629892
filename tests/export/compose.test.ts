// The files that run the two images.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { exporting } from "../support/exporting.ts";
import { temporary } from "../support/temp.ts";

// https://github.com/containers/podman/blob/v4.6.0/pkg/systemd/quadlet/quadlet.go: the keys that Quadlet takes from 4.6 on.
const quadletKeys = [
  ...["Image", "ContainerName", "Pull", "PublishPort", "ReadOnly", "Tmpfs", "User", "Group", "DropCapability"],
  ...["AddCapability", "NoNewPrivileges", "HealthCmd", "HealthInterval", "HealthTimeout", "HealthRetries"],
];

test("the units for Quadlet have only keys that it knows", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"), sampleOptions());
  const { texts } = await exporting("compose", join(folder.path, "out"), sample);
  const units = texts.filter(({ path }) => path.endsWith(".container"));
  expect(units.map(({ path }) => path)).toEqual([
    "quadlet/kubespray-files.container",
    "quadlet/kubespray-images.container",
  ]);
  for (const { content } of units) {
    const [, section = ""] = /\[Container\]\n([^[]+)\n\[/.exec(content) ?? [];
    const keys = section.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(keys.length).toBeGreaterThan(10);
    for (const line of keys) expect(quadletKeys).toContain(line.split("=")[0] as string);
  }
});
