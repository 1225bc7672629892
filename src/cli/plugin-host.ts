// The inside of the child process that runs one brought plugin: a question as JSON on stdin travels in, an answer as one
// marked line on stdout travels out. Whatever the plugin itself prints goes to stderr, and whatever it breaks is this
// process's alone: the parent (plugins.ts) waits with a deadline.

import { Buffer } from "node:buffer";
import console from "node:console";
import { readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { plugins as builtIn } from "../../plugins/index.ts";
import { type CheckResult, checkConformance } from "../catalog/conformance.ts";
import { openCatalog } from "../catalog/open.ts";
import { asPlugin, type PluginMetadata } from "../catalog/plugin-shape.ts";
import { type ContributeCall, contributeTwice } from "../catalog/purity.ts";
import { evaluateRelease, findDigest } from "../catalog/release.ts";
import { messageOf } from "../core/errors.ts";
import type { Contribution } from "../core/plugin.ts";
import { minor } from "../core/version.ts";
import { importPlugin } from "../runtime/import.ts";

/** The hidden first argument that makes kso a plugin host. */
export const hostCommand = "__plugin-host";

/** What the parent asks. `mark` is in front of the answer, so that no other output is taken for it. */
export type PluginRequest = { readonly path: string; readonly mark: string } & (
  | { readonly ask: "words" }
  | { readonly ask: "contributions"; readonly calls: readonly ContributeCall[] }
  | { readonly ask: "conformance"; readonly stem: string }
);

/** What the child answers: the field that was asked for, or why there is none. */
export interface PluginResponse {
  readonly error?: string;
  readonly metadata?: PluginMetadata;
  readonly contributions?: readonly (readonly Contribution[])[];
  readonly conformance?: readonly CheckResult[];
}

/** Answers one question and ends the process, whatever the plugin left running. */
export async function hostPlugin(): Promise<never> {
  const question = JSON.parse(readFileSync(0, "utf8")) as PluginRequest;
  const exit = process.exit.bind(process);
  const write = process.stderr.write.bind(process.stderr);
  process.stdout.write = write as typeof process.stdout.write;
  for (const name of ["log", "info", "debug", "warn", "error", "dir", "table", "trace"] as const)
    console[name] = (...words: unknown[]) => void write(`${words.map(String).join(" ")}\n`);
  send(`${question.mark}${JSON.stringify(await respond(question))}\n`);
  return exit(0);
}

async function respond(question: PluginRequest): Promise<PluginResponse> {
  let value: unknown;
  try {
    value = (await importPlugin(question.path)).default;
  } catch (thrown) {
    return { error: `it cannot be imported: ${reasonOf(thrown)}` };
  }
  try {
    if (question.ask === "conformance") return { conformance: checkConformance(value, trial(question.stem)) };
    const plugin = asPlugin(value);
    if (question.ask === "contributions") return { contributions: contributeTwice(plugin, question.calls) };
    const { name, category, description, aliases, upstream } = plugin;
    return { metadata: { name, category, description, ...(aliases && { aliases }), ...(upstream && { upstream }) } };
  } catch (thrown) {
    return { error: messageOf(thrown) };
  }
}

function trial(stem: string): Parameters<typeof checkConformance>[1] {
  return {
    ...embeddedTrial(),
    stem,
    takenNames: builtIn.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
  };
}

/** Every embedded release with its own Kubernetes version and the newest of each minor one, and every embedded digest. */
export function embeddedTrial(): Pick<Parameters<typeof checkConformance>[1], "releases" | "digest"> {
  const catalog = openCatalog(builtIn, new Map(), undefined);
  const manifests = new Map(catalog.releases.map((version) => [version, catalog.release(version)]));
  return {
    releases: [...manifests.values()].flatMap((manifest) => {
      const { default: own, versions } = manifest.kubernetes;
      const newest = [...Map.groupBy(versions, minor).values()].flatMap(([first]) => first ?? []);
      return [...new Set([own, ...newest])].map((kubernetes) => evaluateRelease(manifest, kubernetes));
    }),
    digest: (item, { version }) => {
      const release = manifests.get(version) ?? catalog.release(version);
      const tables = { component: (name: string) => catalog.component(name), release };
      const { component, name, digests: file = name, version: itemVersion, platform } = item;
      return findDigest(tables, { component, file, version: itemVersion, arch: platform.arch }) !== undefined;
    },
  };
}

/** Parsers throw several messages with places; one line of each is what a person needs. */
function reasonOf(thrown: unknown): string {
  const several = (thrown as { errors?: unknown } | undefined)?.errors;
  const each = Array.isArray(several) && several.length > 0 ? several : [thrown];
  return each
    .slice(0, 3)
    .map((one) => {
      const at = (one as { position?: { line?: number; column?: number } | null } | undefined)?.position;
      return `${at?.line === undefined ? "" : `line ${at.line}: `}${messageOf(one)}`;
    })
    .join("; ");
}

function send(text: string): void {
  const bytes = Buffer.from(text);
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN") throw thrown;
    }
  }
}
