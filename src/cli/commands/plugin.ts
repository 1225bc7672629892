import { KsoError } from "../../core/errors.ts";
import type { Command } from "../command.ts";
import { commonFlags } from "../options.ts";

export const pluginCommand: Command = {
  name: "plugin",
  usage: "plugin new NAME | plugin check PATH",
  description: "start a component plugin, or check one",
  flags: [...commonFlags],
  async run() {
    throw new KsoError("usage", "soon");
  },
};
