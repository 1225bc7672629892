// The program that an image starts, held to the image's platform.
import { KsoError } from "../core/errors.ts";
import { machineFor } from "./elf.ts";
import { entrypointProgram, type ImageLayers } from "./image.ts";

/**
 * What is wrong with the program of one platform's image, in words; undefined when all is well or nothing can be said.
 * @param platform `linux/arm64`.
 * @param config the image configuration's bytes.
 */
export async function entrypointMismatch(
  platform: string,
  config: Uint8Array,
  layers: ImageLayers["layers"],
): Promise<string | undefined> {
  const machine = machineFor(platform.split("/")[1] ?? "");
  if (machine === undefined) return undefined;
  try {
    const found = await entrypointProgram({ config: JSON.parse(new TextDecoder().decode(config)), layers });
    if (!found || found.machine === machine) return undefined;
    return `the program it starts on ${platform}, ${found.path}, holds ${found.machine} code`;
  } catch (thrown) {
    if (thrown instanceof KsoError && thrown.code === "verify") return thrown.message;
    throw thrown;
  }
}
