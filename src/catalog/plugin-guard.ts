// The guard of a plugin's process, which looks before anything of the plugin runs.
import { KsoError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { guardProcess } from "../runtime/guard.ts";
import { hostCommand, lineOf } from "./plugin-protocol.ts";

/** A plugin's process never has more memory. Bytes. */
const maxMemory = 500_000_000;

/** Guards this process by the words behind {@link hostCommand}. @throws KsoError `usage` where somebody else wrote them. */
export async function guardPlugin([parent, deadline, mark]: readonly string[]): Promise<void> {
  if (!(Number(parent) > 0 && Number(deadline) > 0) || mark === undefined)
    throw new KsoError("usage", `${hostCommand} is for kso itself; write kso plugin check PATH`);
  await guardProcess({
    parent: Number(parent),
    deadline: Number(deadline),
    memory: maxMemory,
    tooMuchMemory: lineOf(`${mark} `, { error: `it takes more than ${formatSize(maxMemory)} of memory` }),
  });
}
