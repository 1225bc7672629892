// `kso doctor`: what is wrong with this host for the job. Uses the network with --online only, and changes nothing.
import process from "node:process";
import { chooseRelease } from "../../catalog/catalog.ts";
import { KsoError } from "../../core/errors.ts";
import { diagnose } from "../../doctor/diagnose.ts";
import { generalKeys } from "../../flags/output.ts";
import { type Command, command, writeJson } from "../command.ts";
import { catalogOf, mirrorsOf } from "../context.ts";
import { networkOf, storePath } from "../environment.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { descriptions } from "../terminal/report.ts";

/** How many origins are asked at one time. */
const connections = 8;

export const doctorCommand: Command = command({
  name: "doctor",
  usage: ["[--online]"],
  flagsOnly: true,
  description: "what is wrong with this host for the job",
  flags: ["online", "kubespray", "store", "ca", "mirror", "mirrorPreset", "manifests", "config", ...generalKeys],
  help: { kubespray: "the releases that the disk is to hold" },
  examples: [
    { line: "kso doctor", meaning: "this host, its disk, its proxies and certificates" },
    { line: "kso doctor --online", meaning: "and whether every origin answers" },
  ],
  chinese: {
    description: "检查本机是否适合完成这些工作",
    help: { kubespray: "磁盘需要容纳的版本" },
    examples: ["本机及其磁盘、代理和证书", "并检查每个来源是否有响应"],
  },
  json: [
    {
      form: "value",
      example: '{"schema": "kso.doctor/1", "ok": true, "checks": [{"check": "disk", "state": "ok", "message": "…"}]}',
    },
  ],
  async run(options, _, output) {
    const { ca, online } = options;
    const mirrors = mirrorsOf(options);
    const catalog = await catalogOf(options);
    const newest = catalog.release(catalog.releases.at(-1) ?? "");
    const releases = new Set((options.kubespray ?? []).map((name) => chooseRelease(catalog, name).version)).size || 1;
    const findings = await interruptible("nothing was changed", (signal) =>
      diagnose(
        { store: storePath(options), ca, newest, releases, mirrors },
        {
          env: process.env,
          now: Date.now,
          ...(online && { online: networkOf(options, connections, signal).probe }),
        },
      ),
    );
    const failed = findings.filter(({ state }) => state === "fail");
    if (options.json) writeJson(output, { schema: "kso.doctor/1", ok: failed.length === 0, checks: findings });
    else
      output.data(
        `${descriptions(
          findings.map(({ state, check, message }) => [state, check, message]),
          output.width,
        )}\n`,
      );
    if (failed.length > 0)
      throw new KsoError(
        "unexpected",
        failed.length === 1 ? "1 problem was found" : `${failed.length} problems were found`,
      );
  },
});
