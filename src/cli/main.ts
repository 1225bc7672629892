#!/usr/bin/env bun
// Where kso starts: runs the command that argv names. The only place that sets an exit code.
import { readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { exitCodes, KsoError, messageOf } from "../core/errors.ts";
import { printableMessage } from "../core/quote.ts";
import { commit, version } from "../runtime/build.ts";

async function main(argv: readonly string[]): Promise<number> {
  // Before anything else is loaded: this is what completion scripts and health checks call.
  if (argv.includes("--version") || argv[0] === "-V") {
    // Written directly: opening stdout as a stream would double the time of this run.
    writeSync(1, await versionText(argv.includes("--json")));
    return 0;
  }
  // The reader of stdout may stop early (`| head`); that is no failure.
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code === "EPIPE") process.exit(0);
    throw cause;
  });
  try {
    // A user's plugin runs in a process of its own: this program, started again.
    if (argv[0] === "__plugin-host") return await hostPlugin(Number(argv[1]));
    const { dispatch } = await import("./dispatch.ts");
    await dispatch(argv);
    return 0;
  } catch (thrown) {
    if (thrown instanceof KsoError) {
      process.stderr.write(`kso: ${printableMessage(thrown.message)}\n`);
      return exitCodes[thrown.code];
    }
    const stack = thrown instanceof Error && thrown.stack ? `\n${thrown.stack}` : "";
    process.stderr.write(`kso: ${printableMessage(`unexpected: ${messageOf(thrown)}${stack}`)}\n`);
    return exitCodes.unexpected;
  }
}

/** Answers the request on stdin and ends the process, whatever the plugin left running. */
async function hostPlugin(parent: number): Promise<never> {
  const input = readFileSync(0, "utf8");
  const [host, { reserveStdout }] = await Promise.all([
    import("../catalog/plugin-host.ts"),
    import("../runtime/host-output.ts"),
  ]);
  const finish = reserveStdout();
  return finish(await host.hostPlugin(input, parent));
}

async function versionText(json: boolean): Promise<string> {
  if (!json) return `kso ${version}\n`;
  const { embeddedReleases } = await import("../catalog/embedded.ts");
  const releases = embeddedReleases().map((release) => `kubespray-${release}`);
  return `${JSON.stringify({ name: "kso", version, commit: commit ?? null, releases }, null, 2)}\n`;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
