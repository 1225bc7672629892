// A platform is what an artifact runs on. The list is open; two are shipped.
import * as v from "valibot";
import { KsoError } from "./errors.ts";
import { nearestOrAll } from "./suggest.ts";

/** Operating system and architecture, in the words of OCI (`arch`) and of `uname -m` (`machine`). */
export interface Platform {
  readonly os: "linux";
  /** Go's and OCI's word: `amd64`, `arm64`. */
  readonly arch: string;
  /** The kernel's word: `x86_64`, `aarch64`. */
  readonly machine: string;
}

/** The platforms kso ships data for, in the order in which they are listed. */
export const platforms: readonly Platform[] = [
  { os: "linux", arch: "amd64", machine: "x86_64" },
  { os: "linux", arch: "arm64", machine: "aarch64" },
];

/** The name of any platform, shipped or not: `linux/amd64`, `linux/arm/v7`. */
export const platformNameSchema: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]+\/[a-z0-9._-]+(\/[a-z0-9._-]+)?$/, "must be like linux/amd64"),
);

/** `linux/amd64`, as OCI tools write it. */
export function platformName(platform: Platform): string {
  return `${platform.os}/${platform.arch}`;
}

/** The architecture of a platform's name: `linux/amd64` → `amd64`. */
export function architectureName(platform: string): string {
  return platform.replace(/^linux\//, "");
}

/**
 * Parses `amd64`, `x86_64` or `linux/amd64`.
 * @throws KsoError `usage` when it is none of them.
 */
export function parsePlatform(text: string): Platform {
  const name = text.toLowerCase().replace(/^linux\//, "");
  const platform = platforms.find(({ arch, machine }) => arch === name || machine === name);
  if (platform) return platform;
  const names = platforms.flatMap(({ arch, machine }) => [arch, machine]);
  throw new KsoError("usage", `Unknown architecture "${text}"${nearestOrAll(name, names)}`);
}
