// Reads JSON documents and checks their shape; a malformed one is refused with its name and the reason.
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";

/** Manifests, indexes and configurations are not longer than this. Bytes. */
export const documentLimit: number = 8 << 20;

/** Reads a JSON object. @throws KsoError `verify` naming the document. */
export function parseJsonObject(bytes: Uint8Array, name: string): object {
  if (bytes.length > documentLimit)
    throw malformedDocument(name, `it has ${bytes.length} bytes, more than ${documentLimit}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformedDocument(name, "it is not JSON", cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw malformedDocument(name, "it is not a JSON object");
  return json;
}

/** Parses JSON; undefined where it is malformed. */
export function parseJsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks JSON against a schema. @throws KsoError `verify` naming the document and the first thing that is wrong. */
export function checkShape<T extends v.GenericSchema>(schema: T, json: unknown, name: string): v.InferOutput<T> {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "it";
  const value = quoted(issue.input);
  throw malformedDocument(name, `${path} ${value === undefined ? "is not there" : `is ${value}`}: ${reasonOf(issue)}`);
}

/** The error where a document cannot be read. */
export function malformedDocument(name: string, reason: string, cause?: unknown): KsoError {
  return new KsoError("verify", `Cannot read ${name}: ${reason}`, cause);
}

/** A value as it is quoted in messages; undefined where there is none. */
export function quoted(value: unknown): string | undefined {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return value === undefined ? undefined : JSON.stringify(value).slice(0, 100);
}

function reasonOf({ type, expected, message }: v.BaseIssue<unknown>): string {
  return type === "regex" ? message : `expected ${expected ?? type}`;
}
