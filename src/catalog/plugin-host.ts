// Runs one user's plugin inside the child process that user-plugins.ts starts and ends after a deadline: whatever the plugin breaks
// stays in this process.

import { plugins as builtIn } from "../../plugins/index.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { firstUncaught } from "../runtime/guard.ts";
import { importPlugin } from "../runtime/import.ts";
import { checkConformance, type PluginTrial } from "./conformance.ts";
import { openCatalog } from "./open.ts";
import { hostCommand, lineOf, type PluginRequest, type PluginResponse } from "./plugin-protocol.ts";
import { asPlugin } from "./plugin-schema.ts";
import { contributeTwice } from "./purity.ts";
import { evaluateRelease, findDigest, sampleVersions } from "./release.ts";

/** Answers one request with the marked line that the parent looks for, once the process is guarded. */
export async function hostPlugin(input: string, guarded: Promise<void>): Promise<string> {
  const request = readRequest(input);
  await guarded;
  const uncaught = firstUncaught().then((thrown): PluginResponse => ({ error: messageOf(thrown) }));
  return lineOf(request.mark, await Promise.race([respond(request), uncaught]));
}

function readRequest(input: string): PluginRequest {
  try {
    return JSON.parse(input) as PluginRequest;
  } catch (thrown) {
    // Also where the parent ended before it had sent all.
    throw new KsoError("usage", `${hostCommand} is for kso itself; write kso plugin check PATH`, thrown);
  }
}

async function respond(request: PluginRequest): Promise<PluginResponse> {
  let value: unknown;
  try {
    value = (await importPlugin(request.path)).default;
  } catch (thrown) {
    return { error: `it cannot be imported: ${importErrorMessage(thrown)}` };
  }
  try {
    if (request.kind === "conformance") return { conformance: checkConformance(value, trialFor(request.stem)) };
    const plugin = asPlugin(value);
    if (request.kind === "contributions") return { contributions: contributeTwice(plugin, request.calls) };
    const { name, category, description, aliases, upstream } = plugin;
    return { metadata: { name, category, description, ...(aliases && { aliases }), ...(upstream && { upstream }) } };
  } catch (thrown) {
    return { error: messageOf(thrown) };
  }
}

function trialFor(stem: string): PluginTrial {
  const takenNames = builtIn.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  return { ...embeddedTrial(), stem, takenNames };
}

/** Every embedded release at its sample versions of Kubernetes, and every embedded digest. */
export function embeddedTrial(): Pick<PluginTrial, "releases" | "digest"> {
  const catalog = openCatalog({ plugins: builtIn });
  const manifests = catalog.releases.map((version) => catalog.release(version));
  return {
    releases: manifests.flatMap((manifest) =>
      sampleVersions(manifest).map((kubernetes) => evaluateRelease(manifest, kubernetes)),
    ),
    digest: (item, { version: release }) => {
      const sources = { component: (name: string) => catalog.component(name), release: catalog.release(release) };
      const { component, name, digests: file = name, version, platform } = item;
      return findDigest(sources, { component, file, version, arch: platform.arch }) !== undefined;
    },
  };
}

/** Parsers throw several errors with positions: the line and message of the first three. */
function importErrorMessage(thrown: unknown): string {
  const errors = (thrown as { errors?: unknown } | undefined)?.errors;
  const list = Array.isArray(errors) && errors.length > 0 ? errors : [thrown];
  return list
    .slice(0, 3)
    .map((error: unknown) => {
      const position = (error as { position?: { line?: number } | null } | undefined)?.position;
      return `${position?.line === undefined ? "" : `line ${position.line}: `}${messageOf(error)}`;
    })
    .join("; ");
}
