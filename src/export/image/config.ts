// The configuration of an image that is built on a base.
import type { Digest } from "../../core/digest.ts";
import type { BaseConfig } from "./base.ts";
import type { ImageDefinition } from "./definition.ts";

/** What makes a base's configuration that of the new image. */
export interface ConfigOptions {
  readonly base: BaseConfig;
  readonly definition: ImageDefinition;
  /** The digest of the layer that is added, which is not compressed. */
  readonly layer: Digest;
  readonly created: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The base's configuration with the layer, port, entrypoint and labels of the new image. */
export function imageConfig({ base, definition, layer, created, labels }: ConfigOptions): object {
  // What Docker writes about the container in which the base was built does not describe this image.
  const { container: _, container_config: __, docker_version: ___, ...rest } = base;
  // A volume would be created with each container and hold nothing; the base's command is not run.
  const { Cmd: _cmd, Volumes: _volumes, Healthcheck: _health, ...baseConfig } = base.config ?? {};
  const emptyLayers = (base.history ?? []).filter(({ empty_layer }) => empty_layer).length;
  const isHistoryComplete = base.history && base.history.length - emptyLayers === base.rootfs.diff_ids.length;
  return {
    ...rest,
    created,
    config: {
      ...baseConfig,
      ExposedPorts: { [`${definition.port}/tcp`]: {} },
      Entrypoint: definition.entrypoint,
      ...(definition.stopSignal !== undefined && { StopSignal: definition.stopSignal }),
      Labels: { ...baseConfig.Labels, ...labels },
    },
    rootfs: { type: "layers", diff_ids: [...base.rootfs.diff_ids, layer] },
    // A history has a line for each layer, or is left out.
    history: isHistoryComplete
      ? [...(base.history ?? []), { created, created_by: "kso export --format image" }]
      : undefined,
  };
}
