// Files pushed with the compiled binary to where sites keep them: S3 of versitygw and of moto, WebDAV of rclone and of nginx; and rclone
// compares every byte there with the unpacked bundle. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chartPackage } from "../support/charts.ts";
import { must, requireTools } from "../support/containers.ts";
import { type FileServerKind, rclone, startSiteFiles } from "../support/file-servers.ts";
import { file, firstRelease, type Origin, startOrigin } from "../support/origin.ts";
import { ksoIn, ways, works } from "../support/program.ts";
import { noise } from "../support/seed.ts";
import { startProgram } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
/** Names that must be the same whether they are signed, sent or looked up. */
const odd = ["a%2Bb/c+d,e.txt", "v1.0~rc1/tool@1=2.txt", "%7E%28x%29/!*;.txt", "deep/1/2/3/4/5/6/7/8/9.txt"];
const oddText = (path: string): string => noise(path, 3000).toString("hex");
let origin: Origin;

beforeAll(async () => {
  await requireTools({ rclone: "rclone", nginx: "nginx-light" });
  // nginx serves, and takes files, as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  const { files } = firstRelease();
  const more = [
    ...odd.map((path) =>
      file(path.replaceAll(/\W/g, "-"), "amd64", `odd.example.org/${path}`, Buffer.from(oddText(path))),
    ),
    file("chart", "amd64", "helm.cilium.io/cilium-1.19.3.tgz", chartPackage("cilium", "1.19.3")),
    file("big", "amd64", "example.org/big.bin", noise("big", 24 << 20)),
  ];
  const flags = await origin.publish("files", { images: {}, files: [...files, ...more] });
  const to = ["-o", at("files.tar"), "--lock", at("lock.json")];
  await works(ksoIn(at("home"))("export", "--format", "tarball", ...to, ...flags));
  mkdirSync(at("tree"));
  await must("tar", ["xf", at("files.tar"), "-C", at("tree")]);
}, 300_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const result = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "").files;
const [binary = ""] = ways.binary;

describe.each(["versitygw", "moto", "rclone", "nginx"] satisfies FileServerKind[])("%s", (kind) => {
  test("all of it arrives, nothing travels twice, what is gone or cut is sent again, a killed push goes on", async () => {
    const server = await startSiteFiles(kind, at(kind));
    const push = ["push", at("files.tar"), ...server.flags, "--json"];
    const kso = ksoIn(at("home"), server.env);
    const there = (name: string): string => `${server.remote}/odd.example.org/${name}`;
    const same = async (): Promise<void> => {
      // Servers take a path for what it means, and a bundle for what the URL says: those are compared one by one.
      await rclone(
        "check",
        "--one-way",
        "--download",
        "--exclude",
        "odd.example.org/*%*/**",
        at("tree/files"),
        server.remote,
      );
      for (const path of odd) expect(await rclone("cat", there(decodeURIComponent(path)))).toBe(oddText(path));
    };
    try {
      if (kind === "versitygw") {
        // Killed when the server has taken the first part of the big file, the largest first.
        const log = (): string => readFileSync(server.log, "utf8");
        const killed = startProgram(binary, push, { ...server.env, HOME: at("home") });
        while (!/PUT .*partNumber=1\b/.test(log())) await Bun.sleep(5);
        killed.signal("SIGKILL");
        await killed.exited;
        const before = log().length;
        const rest = result(await works(kso(...push)));
        const parts: string[] =
          log()
            .slice(before)
            .match(/partNumber=\d+/g) ?? [];
        expect([rest.failed, parts.includes("partNumber=1"), parts.length > 0]).toEqual([[], false, true]);
        expect(rest.sent.bytes).toBeLessThan(24 << 20);
      } else expect(result(await works(kso(...push))).failed).toEqual([]);
      await same();
      if (kind === "nginx") await must("sh", ["-c", 'cd "$0" && sha256sum --quiet -c SHA256SUMS', server.remote]);
      expect(result(await works(kso(...push))).sent).toEqual({ items: 0, bytes: 0 });

      await rclone("deletefile", there(decodeURIComponent(odd[0] ?? "")));
      await must(
        "sh",
        ["-c", 'printf cut | rclone --config /dev/null rcat "$0"', `${server.remote}/example.org/big.bin`],
        { AWS_CA_BUNDLE: "" },
      );
      expect(result(await works(kso(...push)))).toMatchObject({ failed: [], sent: { items: 2 } });
      await same();
      const listed = (await rclone("lsf", "-R", "--files-only", server.remote)).trim().split("\n");
      expect(listed.filter((name) => name.includes(".kso-"))).toEqual([]);
      expect(await rclone("cat", `${server.remote}/SHA256SUMS`)).toContain("example.org/big.bin");
    } finally {
      await server.stop();
    }
  }, 300_000);
});
