// Checks this machine and this process: architecture, page size, limits, clock. Nothing is written, and no network is used.
import { readFileSync } from "node:fs";
import { arch, machine, platform, release } from "node:os";
import { type Platform, platforms } from "../core/platform.ts";
import { type Finding, finding } from "./finding.ts";

/** Limits on open files: below `few` work fails, from `enough` on many connections and layers at one time are no problem. */
const openFileLimits = { few: 256, enough: 1024 };

/** Checks this host. @param newest a date that is past (ISO 8601). */
export function hostFindings(newest: string, now: number): Finding[] {
  const clock = clockFinding(newest, now);
  if (platform() !== "linux") return [systemFinding(platform(), arch()), clock];
  return [
    architectureFinding(machine(), arch()),
    pageSizeFinding(bytesOf("/proc/self/auxv")),
    openFilesFinding(new TextDecoder().decode(bytesOf("/proc/self/limits"))),
    clock,
  ];
}

/** What can be done on a system that is not Linux, whose kernel tells nothing of the rest. @param system in Node's words: `darwin`, `win32`. */
export function systemFinding(system: string, program: string): Finding {
  const name = { darwin: "macOS", win32: "Windows" }[system] ?? system;
  const architecture = program === "x64" ? "amd64" : program;
  return finding(
    "machine",
    "ok",
    `${architecture}, ${name}: plans, fetches, exports and verifies; bundles are served on Linux, whose pages and limits are not looked at here`,
  );
}

/** Is this the build for this machine? @param kernel as `uname -m` says it; @param program what this build is for, in Node's words (`x64`, `arm64`). */
export function architectureFinding(kernel: string, program: string): Finding {
  const build = program === "x64" ? "amd64" : program;
  const host = platforms.find((platform: Platform) => platform.machine === kernel || platform.arch === kernel);
  if (!host)
    return finding(
      "machine",
      "warn",
      `${kernel} is not among the architectures of kso's builds (amd64, arm64); Linux ${release()}`,
    );
  return host.arch === build
    ? finding("machine", "ok", `${host.arch}, Linux ${release()}`)
    : finding(
        "machine",
        "warn",
        `this is kso for ${build} on ${host.arch}, emulated: take kso-linux-${host.arch}, it is many times faster`,
      );
}

/** How large the pages are: the builds run with all that Linux has, 4, 16 and 64 KiB. @param auxv the kernel's auxiliary vector: pairs of 64-bit words; the one of type 6 is the page size. Bytes. */
export function pageSizeFinding(auxv: Uint8Array): Finding {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (let offset = 0; offset + 16 <= auxv.length; offset += 16)
    if (view.getBigUint64(offset, true) === 6n)
      return finding("pages", "ok", `${Number(view.getBigUint64(offset + 8, true)) >> 10} KiB`);
  return finding("pages", "warn", "the kernel does not tell the page size");
}

/** May enough files be open? @param limits the text of /proc/self/limits. */
export function openFilesFinding(limits: string): Finding {
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined) return finding("files", "warn", "the kernel does not tell how many files may be open");
  const limit = soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
  if (limit >= openFileLimits.enough) return finding("files", "ok", `${soft} may be open at one time`);
  const hardLimit = hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
  const advice =
    hardLimit < openFileLimits.enough
      ? `raise the hard limit of ${hard} (LimitNOFILE= of a unit, /etc/security/limits.conf)`
      : `ulimit -n ${Math.min(hardLimit, 65_536)}`;
  const state = limit < openFileLimits.few ? "fail" : "warn";
  return finding(
    "files",
    state,
    `only ${soft} may be open at one time, serving wants ${openFileLimits.enough}: ${advice}`,
  );
}

/** Is the clock after a date that is past? @param newest that date (ISO 8601). */
export function clockFinding(newest: string, now: number): Finding {
  const time = new Date(now).toISOString().slice(0, 16).replace("T", " ");
  return now < Date.parse(newest)
    ? finding(
        "clock",
        "fail",
        `${time} UTC is before ${newest.slice(0, 10)}, when kso's own data was published: certificates will not be valid`,
      )
    : finding("clock", "ok", `${time} UTC`);
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    // Not Linux, or no /proc: the finding says so.
    return new Uint8Array();
  }
}
