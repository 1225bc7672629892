// What may stand in kso.yaml: the selection flags and a few others, under the flags' own names.
import * as v from "valibot";

/** A setting's value as the file has it: kso reads every scalar as text. */
export type Value = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** Setting → value. */
export type Settings = Readonly<Record<string, Value>>;

const text = v.pipe(v.string("must be text"), v.nonEmpty("has no value"));
const words = v.union([text, v.array(text)], "must be one or a list");
// An editor's own YAML takes 1.30 for a number; kso never does.
const version = v.union([text, v.number()], "must be a version");

const setting = (schema: v.GenericSchema, description: string): v.GenericSchema<unknown, unknown> =>
  v.optional(v.pipe(schema, v.description(description)));

/** One key a flag. A test holds it equal to the flags that may be set here. */
export const configSchema: v.GenericSchema<unknown, Settings> = v.strictObject({
  kubespray: setting(version, "kubespray release"),
  kube: setting(version, "Kubernetes version, exact or minor; 1.30 stays 1.30"),
  arch: setting(words, "architectures: amd64, arm64"),
  cni: setting(words, "only these network plugins"),
  runtime: setting(words, "only these container runtimes, and what they require"),
  with: setting(words, "these components too, with everything they may ask for"),
  without: setting(words, "not these components"),
  only: setting(words, "these components and nothing else"),
  unavailable: setting(
    v.picklist(["exclude", "include"], "is exclude or include"),
    "what upstream lacks for an architecture",
  ),
  "kubespray-dir": setting(text, "a kubespray checkout to plan from"),
  inventory: setting(text, "an inventory: only what its hosts will ask for"),
  plugin: setting(words, "further component plugins, paths or globs"),
  manifests: setting(text, "a folder of further versions and digests"),
  mirror: setting(
    v.union(
      [text, v.array(text), v.record(v.string(), words)],
      "must be host: url, host: [urls], or a list of HOST=URL",
    ),
    "origin host → the URL to fetch from instead, or several",
  ),
  store: setting(text, "the store"),
  lock: setting(text, "the lock to keep to, and to write"),
  jobs: setting(version, "downloads at one time"),
  ca: setting(text, "further certificates to trust (PEM)"),
}) as unknown as v.GenericSchema<unknown, Settings>;
