// How kso and the child process that runs one user's plugin speak: one request as JSON on stdin, one response as a marked line on
// stdout.
import type { Contribution } from "../core/plugin.ts";
import type { ConformanceResult } from "./conformance.ts";
import type { PluginMetadata } from "./plugin-schema.ts";
import type { ContributeCall } from "./purity.ts";

/** The hidden first argument that makes kso a plugin host; the parent's number, the milliseconds that it may take and the mark follow. */
export const hostCommand = "__plugin-host";

/** What the parent wants to know of a plugin. */
export type PluginQuery =
  | { readonly kind: "metadata" }
  | { readonly kind: "contributions"; readonly calls: readonly ContributeCall[] }
  | { readonly kind: "conformance"; readonly stem: string };

/** The query, with the plugin's absolute path. `mark` stands in front of the response, so that no other output is taken for it. */
export type PluginRequest = {
  readonly path: string;
  readonly mark: string;
} & PluginQuery;

/** The field that the query is about, or why there is none. */
export interface PluginResponse {
  readonly error?: string;
  readonly metadata?: PluginMetadata;
  readonly contributions?: readonly (readonly Contribution[])[];
  readonly conformance?: readonly ConformanceResult[];
}

/** The line that says a response. */
export function lineOf(mark: string, response: PluginResponse): string {
  return `${mark}${JSON.stringify(response)}\n`;
}
