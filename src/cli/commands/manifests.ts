// `kso manifests`: newer versions from upstream, further releases from facts or a checkout, and whether a checkout is all described.
import { KsoError } from "../../core/errors.ts";
import type { Command } from "../command.ts";
import { checkCheckout, importFlags, importManifests } from "../importing.ts";
import { type Arguments, commonFlags } from "../options.ts";
import { updateFlags, updateManifests } from "../updating.ts";

/** Which flags mean something for which verb, besides those that all commands take. */
const meaning: Readonly<Record<string, readonly string[]>> = {
  update: ["output", ...updateFlags.map(({ name }) => name)],
  import: ["output", "facts", "kubespray-dir", "kubespray", "plugin"],
  check: ["kubespray-dir", "kubespray", "plugin"],
};

export const manifestsCommand: Command = {
  name: "manifests",
  usage: "manifests update [-o DIR] [--only LIST] | import --kubespray-dir DIR [-o DIR] | check --kubespray-dir DIR",
  description:
    "take in what upstream published since, or a further kubespray release; check that a checkout is all described",
  flags: [
    {
      name: "output",
      value: "DIR",
      short: "o",
      help: "the manifests folder to bring up to date (default: --manifests, or manifests here)",
    },
    ...updateFlags,
    ...importFlags,
    ...commonFlags,
  ],
  configured: (args) => args.positionals[0] === "update",
  async run(args, output) {
    const [verb = "", ...rest] = args.positionals;
    if (!(verb in meaning) || rest.length > 0)
      throw new KsoError(
        "usage",
        "Write kso manifests update, kso manifests import --kubespray-dir DIR, or kso manifests check --kubespray-dir DIR",
      );
    refuseStray(verb, args);
    if (verb === "update") await updateManifests(args, output);
    else if (verb === "import") await importManifests(args, output);
    else await checkCheckout(args, output);
  },
};

function refuseStray(verb: string, args: Arguments): void {
  const known = ["json", "quiet", ...(meaning[verb] ?? [])];
  const stray = [...updateFlags, ...importFlags].find(({ name }) => args.typed(name) && !known.includes(name));
  if (stray) throw new KsoError("usage", `--${stray.name} has no meaning for kso manifests ${verb}`);
}
