#!/usr/bin/env bun
// Where kso starts: runs the command that argv names. The only place that sets an exit code.
import { readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { exitCodes, KsoError, messageOf } from "../core/errors.ts";
import { diskError, explainSystemError } from "../files/disk.ts";
import { commit, version } from "../runtime/build.ts";
import { messageLines } from "./terminal/messages.ts";

/** With anything else on the line, these are an error. */
const versionWords: readonly string[] = ["--version", "-V", "--json", "--quiet"];

async function main(argv: readonly string[]): Promise<number> {
  // Before anything else is loaded: this is what completion scripts and health checks call.
  if (["--version", "-V"].includes(argv[0] ?? "") && argv.every((word) => versionWords.includes(word)))
    // Written directly: opening stdout as a stream would double the time of this run.
    return writeOnce(await versionText(argv.includes("--json")));
  try {
    // A user's plugin runs in a process of its own: this program, started again.
    if (argv[0] === "__plugin-host") return await hostPlugin(argv.slice(1));
    watchStreams();
    const { dispatch } = await import("./dispatch.ts");
    await dispatch(argv);
    return 0;
  } catch (thrown) {
    return report(thrown);
  }
}

/** Says why the run failed. @returns the exit code. */
function report(thrown: unknown): number {
  const known = thrown instanceof KsoError ? thrown : explainSystemError(thrown);
  const stack = thrown instanceof Error && thrown.stack ? `\n${thrown.stack}` : "";
  const message = known?.message ?? `unexpected: ${messageOf(thrown)}${stack}`;
  process.stderr.write(`${messageLines(`kso: ${message}`)}\n`);
  return exitCodes[known?.code ?? "unexpected"];
}

/** Looks after what no command awaits: output that nobody takes, and errors that nothing catches. */
function watchStreams(): void {
  let hasFailed = false;
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    // The reader of stdout may stop early (`| head`); that is no failure, and work that is under way goes on.
    if (!hasFailed && cause.code !== "EPIPE") process.exitCode = report(outputError(cause));
    hasFailed = true;
  });
  process.stderr.on("error", () => undefined);
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (thrown: unknown) => process.exit(report(thrown)));
}

function writeOnce(text: string): number {
  try {
    writeSync(1, text);
    return 0;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPIPE" ? 0 : report(outputError(thrown));
  }
}

function outputError(cause: unknown): KsoError {
  return diskError("Cannot write to the standard output", cause);
}

/** Answers the request on stdin and ends the process, whatever the plugin left running. */
async function hostPlugin(words: readonly string[]): Promise<never> {
  // Its thread starts while the rest is read and loaded.
  const { guardPlugin } = await import("../catalog/plugin-guard.ts");
  const guarded = guardPlugin(words);
  const input = readFileSync(0, "utf8");
  const [host, { reserveStdout }] = await Promise.all([
    import("../catalog/plugin-host.ts"),
    import("../runtime/host-output.ts"),
  ]);
  const finish = reserveStdout();
  return finish(await host.hostPlugin(input, guarded));
}

async function versionText(json: boolean): Promise<string> {
  if (!json) return `kso ${version}\n`;
  const { embeddedReleases } = await import("../catalog/embedded.ts");
  const releases = embeddedReleases().map((release) => `kubespray-${release}`);
  return `${JSON.stringify({ name: "kso", version, commit: commit ?? null, releases }, null, 2)}\n`;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code || process.exitCode;
  // What was interrupted may still wait for something.
  if (code === exitCodes.interrupted) process.stdout.write("", () => process.exit());
});
