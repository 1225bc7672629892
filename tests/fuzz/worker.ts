// Runs cases inside one process, so that thousands take a minute. Asked by runner.ts over IPC.
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { dispatch } from "../../src/cli/dispatch.ts";
import { exitCodes, KsoError, messageOf } from "../../src/core/errors.ts";
import { printableMessage } from "../../src/core/quote.ts";
import { explainSystemError } from "../../src/files/disk.ts";
import type { Outcome, Step } from "./target.ts";
import { targets } from "./targets.ts";

/** What the parent asks: the input lies in a file. */
export interface Question {
  readonly target: string;
  readonly input: string;
  /** The compiled kso, for command lines; otherwise they run in this process. */
  readonly binary?: string;
}

/** What it is told. `begun` comes before the work. */
export type Answer = { readonly begun: true } | { readonly outcomes: readonly Outcome[] };

let captured: { out: string; err: string } = { out: "", err: "" };
const stray: unknown[] = [];
const kept = 200_000;
const capture =
  (stream: "out" | "err") =>
  (text: string | Uint8Array): boolean => {
    if (captured[stream].length < kept)
      captured[stream] += typeof text === "string" ? text : Buffer.from(text).toString();
    return true;
  };
process.stdout.write = capture("out") as typeof process.stdout.write;
process.stderr.write = capture("err") as typeof process.stderr.write;
process.on("unhandledRejection", (cause) => void stray.push(cause));
process.on("uncaughtException", (cause) => void stray.push(cause));

/** The digest of everything below a path. */
function stateOf(path: string): string {
  const hash = createHash("sha1");
  const visit = (at: string): void => {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    hash.update(`${at} ${stat?.mode} ${stat?.isFile() ? stat.size : ""}\n`);
    if (stat?.isFile()) hash.update(readFileSync(at));
    if (stat?.isDirectory()) for (const name of readdirSync(at).sort()) visit(join(at, name));
  };
  visit(path);
  return hash.digest("hex");
}

/** A command line as a user gives it. */
async function ranBinary(binary: string, argv: readonly string[]): Promise<Omit<Outcome, "step" | "changed">> {
  const child = Bun.spawn([binary, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const code = await child.exited;
  return { code, out, err, memory: child.resourceUsage()?.maxRSS ?? 0 };
}

async function outcomeOf(step: Step, keeps: readonly string[], binary: string | undefined): Promise<Outcome> {
  captured = { out: "", err: "" };
  stray.length = 0;
  const states = keeps.map(stateOf);
  const name = "run" in step ? step.name : `kso ${step.join(" ").slice(0, 120)}`;
  let code = 0;
  const changedOf = (): string | undefined => keeps.find((path, index) => stateOf(path) !== states[index]);
  if (binary !== undefined && !("run" in step)) {
    const ran = await ranBinary(binary, step);
    const changed = ran.code === 0 ? undefined : changedOf();
    return { step: name, ...ran, ...(changed !== undefined && { changed }) };
  }
  try {
    if ("run" in step) await step.run();
    else await dispatch(step);
    if (stray.length > 0) throw stray[0];
  } catch (thrown) {
    // As main.ts reports it.
    const known = thrown instanceof KsoError ? thrown : explainSystemError(thrown);
    code = exitCodes[known?.code ?? "unexpected"];
    const message = known?.message ?? `unexpected: ${messageOf(thrown)}\n${(thrown as Error)?.stack}`;
    captured.err += `kso: ${printableMessage(message)}\n`;
  }
  const changed = code === 0 ? undefined : changedOf();
  return { step: name, code, ...captured, ...(changed !== undefined && { changed }) };
}

async function answer({ target: name, input, binary }: Question): Promise<readonly Outcome[]> {
  const target = targets.find((one) => one.name === name);
  if (!target) throw new Error(`there is no target "${name}"`);
  const folder = mkdtempSync(join(tmpdir(), "kso-fuzz-"));
  process.chdir(folder);
  const prepared = await target.prepare(folder, readFileSync(input));
  const outcomes: Outcome[] = [];
  try {
    for (const step of prepared.steps) outcomes.push(await outcomeOf(step, prepared.kept ?? [], binary));
  } finally {
    await prepared.end?.();
    process.chdir("/");
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}

process.on("message", (question: Question) => {
  process.send?.({ begun: true } satisfies Answer);
  answer(question).then(
    (outcomes) => process.send?.({ outcomes } satisfies Answer),
    (cause) =>
      process.send?.({
        outcomes: [
          { step: "laying the input out", code: 1, out: "", err: `${messageOf(cause)}\n${(cause as Error)?.stack}` },
        ],
      } satisfies Answer),
  );
});
process.on("disconnect", () => process.exit(0));
