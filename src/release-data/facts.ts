// What a facts folder holds: `facts/<tag>.json` (kubespray's tables and expressions, read from its files) and
// `pins/<tag>[@<kubernetes>].json` (each variable as Ansible evaluates it). Unknown travels in, typed records travel out.
import * as v from "valibot";

/** One release's own tables and expressions. Checksums: table → architecture → version → hex, `sha256:…`, or 0. */
export interface Facts {
  readonly tag: string;
  readonly commit: string;
  readonly commit_date: string;
  readonly checksums: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly kube_versions: Readonly<Record<string, readonly string[]>>;
  readonly download_url_templates: Readonly<Record<string, string>>;
  readonly downloads_raw: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly version_expressions: Readonly<Record<string, unknown>>;
  readonly image_templates: Readonly<Record<string, unknown>>;
  /** Variables that a role defines again: name, file, the role's value, the shared value. */
  readonly shadowed_elsewhere: readonly (readonly [string, string, string, string])[];
}

/** Variables as evaluated for one Kubernetes version; `broken` names what could not be. */
export interface Pins {
  readonly broken: readonly string[];
  readonly supported_versions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** A release with every evaluation of it: Kubernetes version → pins. */
export interface ReleaseFacts {
  readonly facts: Facts;
  readonly pins: readonly Pins[];
}

const record = v.record(v.string(), v.unknown());

export const factsSchema: v.GenericSchema<unknown, Facts> = v.object({
  tag: v.string(),
  commit: v.string(),
  commit_date: v.string(),
  checksums: v.record(v.string(), record),
  kube_versions: v.record(v.string(), v.array(v.string())),
  download_url_templates: v.record(v.string(), v.string()),
  downloads_raw: v.record(v.string(), record),
  version_expressions: record,
  image_templates: record,
  shadowed_elsewhere: v.array(v.tuple([v.string(), v.string(), v.string(), v.string()])),
});

export const pinsSchema: v.GenericSchema<unknown, Pins> = v.object({
  broken: v.array(v.string()),
  supported_versions: v.record(v.string(), record),
  vars: record,
});
