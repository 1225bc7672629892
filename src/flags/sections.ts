// What may stand below a command's name in kso.yaml: the flags of that command that are settings.
import { endpointKeys } from "./commands.ts";
import { fetchingKeys } from "./fetching.ts";
import { formatKeys } from "./output.ts";
import { clusterKeys, releasesKeys, selectionKeys } from "./selection.ts";
import { servingKeys } from "./serving.ts";
import { type FlagKey, flagKeys, flags } from "./table.ts";

/** The flags below a command's name, and those below the name of one of its subcommands there. */
export interface CommandSection {
  readonly keys: readonly FlagKey[];
  readonly parts?: Readonly<Record<string, readonly FlagKey[]>>;
}

/** Command → its section. A command whose name is a setting too (`store`, `manifests`) has none. */
export const sections: Readonly<Record<string, CommandSection>> = {
  export: section(["format", "output", ...formatKeys, ...fetchingKeys, ...selectionKeys]),
  resolve: section([...selectionKeys, "lock", "extra"]),
  releases: section(["manifests"]),
  components: section([...selectionKeys, "lock"]),
  fetch: section([...fetchingKeys, ...selectionKeys]),
  verify: section(["deep", "allowArchMismatch", "threads", ...clusterKeys]),
  diff: section(releasesKeys),
  config: {
    ...section([...endpointKeys, "catchAll", "kubespray", "kubesprayDir", "manifests"]),
    parts: {
      kubespray: ["configOutput"],
      containerd: ["configOutput"],
      docker: ["configOutput"],
      crio: ["configOutput"],
    },
  },
  push: section([
    "pushRegistry",
    "filesTo",
    "mapping",
    "layout",
    "index",
    "createProjects",
    "publicProjects",
    "jobs",
    "s3Endpoint",
    "ca",
    ...clusterKeys,
  ]),
  serve: section(servingKeys),
  doctor: section(["kubespray", "store", "ca", "mirror", "mirrorPreset", "manifests"]),
};

/** The flags that may stand at the top, where they count for every command that has them. */
export const topKeys: readonly FlagKey[] = flagKeys.filter(
  (key) => flags[key].setting !== undefined && !flags[key].below,
);

function section(keys: readonly FlagKey[]): CommandSection {
  return { keys: keys.filter((key) => flags[key].setting !== undefined) };
}
