// `kso manifests`: newer versions from upstream, further releases from a checkout, and whether a checkout is all described.
import { KsoError } from "../../core/errors.ts";
import { bare } from "../../core/version.ts";
import { checkCheckout } from "../../release-data/check.ts";
import { importRelease } from "../../release-data/import.ts";
import { type Command, command, type Output } from "../command.ts";
import { catalogOf } from "../context.ts";
import { generalKeys } from "../flags/output.ts";
import type { FlagKey, Options } from "../flags/table.ts";
import { updateManifests } from "../updating.ts";

const updateKeys = [
  "outputFolder",
  "dryRun",
  "allowMissing",
  "kubespray",
  "only",
  "plugin",
  "manifests",
  "mirror",
  "jobs",
  "ca",
  "config",
  ...generalKeys,
] as const satisfies readonly FlagKey[];
const checkKeys = ["kubesprayDir", "kubespray", "plugin", ...generalKeys] as const satisfies readonly FlagKey[];
const importKeys = ["outputFolder", ...checkKeys] as const satisfies readonly FlagKey[];

export const manifestsCommand: Command = command({
  name: "manifests",
  subcommands: [
    { name: "update", synopsis: "[-o DIR] [--only LIST]", flags: updateKeys },
    { name: "import", synopsis: "--kubespray-dir DIR [-o DIR]", flags: importKeys },
    { name: "check", synopsis: "--kubespray-dir DIR", flags: checkKeys },
  ],
  description:
    "take in what upstream published since, or a further kubespray release; check that a checkout is all described",
  flags: [...updateKeys, "kubesprayDir"],
  help: {
    dryRun: "update: ask upstream and only say what would be written",
    allowMissing: "update: take a version although upstream lacks the digest of some file",
    kubesprayDir: "import, check: a kubespray checkout",
  },
  examples: [
    { line: "kso manifests update --only etcd,helm", meaning: "what upstream published since" },
    { line: "kso manifests import --kubespray-dir kubespray -o manifests", meaning: "a further release" },
    { line: "kso manifests check --kubespray-dir kubespray", meaning: "is all of a checkout described?" },
  ],
  async run(options, [subcommand, ...rest], output, typed) {
    if (rest.length === 0 && subcommand === "update") return await updateManifests(options, output, typed);
    if (rest.length === 0 && subcommand === "import") return await runImport(options, output);
    if (rest.length === 0 && subcommand === "check") return await runCheck(options, output);
    throw new KsoError(
      "usage",
      "Write kso manifests update, kso manifests import --kubespray-dir DIR, or kso manifests check --kubespray-dir DIR",
    );
  },
});

async function runImport(
  { kubesprayDir, outputFolder: folder = "manifests", ...options }: Options<(typeof importKeys)[number]>,
  output: Output,
): Promise<void> {
  if (kubesprayDir === undefined) throw new KsoError("usage", "Write kso manifests import --kubespray-dir DIR");
  const version = options.kubespray && bare(options.kubespray);
  const { components, releases } = await importRelease(
    { kubesprayDir, version, folder },
    await catalogOf(options, true),
  );
  output.tell(`${components.size} components and ${releases.size} releases written to ${folder}`);
}

async function runCheck(
  { kubesprayDir, ...options }: Options<(typeof checkKeys)[number]>,
  output: Output,
): Promise<void> {
  if (kubesprayDir === undefined) throw new KsoError("usage", "Write kso manifests check --kubespray-dir DIR");
  const version = options.kubespray && bare(options.kubespray);
  const { plugins } = await catalogOf(options, true);
  const { release, owned, waived, unowned, disagreements } = checkCheckout({ kubesprayDir, version }, plugins);
  if (options.json) {
    const value = { schema: "kso.check/1", release, owned, waived, unowned, disagreements };
    output.data(`${JSON.stringify(value, null, 2)}\n`);
  } else {
    for (const { kind, name, where, reads } of unowned)
      output.data(`${where}: ${kind} ${name}: no plugin owns ${reads.join(", ") || "it"}\n`);
    for (const disagreement of disagreements) output.data(`${disagreement}\n`);
  }
  output.tell(`${release}: ${owned} references are owned by plugins, ${waived.length} are waived by name`);
  const count = unowned.length + disagreements.length;
  if (count > 0)
    throw new KsoError(
      "unresolvable",
      `${count} ${count === 1 ? "thing" : "things"} in ${kubesprayDir} that plugins do not describe as kubespray has ${count === 1 ? "it" : "them"}`,
    );
}
