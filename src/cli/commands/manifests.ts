// `kso manifests`: newer versions from upstream, further releases from facts or a checkout, and whether a checkout is all described.
import { KsoError } from "../../core/errors.ts";
import { type Command, command } from "../command.ts";
import { generalKeys } from "../flags/output.ts";
import type { FlagKey } from "../flags/table.ts";
import { checkCheckout, importManifests } from "../importing.ts";
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
const importKeys = ["outputFolder", "facts", ...checkKeys] as const satisfies readonly FlagKey[];

export const manifestsCommand: Command = command({
  name: "manifests",
  subcommands: [
    { name: "update", synopsis: "[-o DIR] [--only LIST]", flags: updateKeys },
    { name: "import", synopsis: "--kubespray-dir DIR [-o DIR]", flags: importKeys },
    { name: "check", synopsis: "--kubespray-dir DIR", flags: checkKeys },
  ],
  description:
    "take in what upstream published since, or a further kubespray release; check that a checkout is all described",
  flags: [...updateKeys, "kubesprayDir", "facts"],
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
    if (rest.length === 0 && subcommand === "import") return await importManifests(options, output);
    if (rest.length === 0 && subcommand === "check") return await checkCheckout(options, output);
    throw new KsoError(
      "usage",
      "Write kso manifests update, kso manifests import --kubespray-dir DIR, or kso manifests check --kubespray-dir DIR",
    );
  },
});
