// `--with-binaries`: kso itself for both architectures, so that the other side needs nothing else.
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { KsoError } from "../core/errors.ts";
import { platforms } from "../core/platform.ts";
import type { KsoBinary } from "../export/exporter.ts";
import { machineFor, machineOf } from "../machine-code/elf.ts";
import { selfCommand } from "../runtime/self.ts";
import type { Hashing } from "../store/hashing.ts";
import type { Options } from "./flags/table.ts";

/** The binaries, beside this one or in `--binaries DIR`. @throws KsoError `usage` saying which one is missing and where. */
export async function binariesOf(options: Options<"binaries">, hashing: Hashing): Promise<readonly KsoBinary[]> {
  const [self, ...rest] = selfCommand();
  const folder = options.binaries ?? dirname(self);
  return await Promise.all(
    platforms.map(async ({ arch }) => {
      const name = `kso-linux-${arch}`;
      const beside = join(folder, name);
      // The running binary may have been renamed to `kso`.
      const own = rest.length === 0 && options.binaries === undefined && machine(self) === machineFor(arch);
      const path = existsSync(beside) ? beside : own ? self : undefined;
      if (path === undefined)
        throw new KsoError(
          "usage",
          `--with-binaries needs ${name} in ${folder}; name another folder with --binaries DIR`,
        );
      if (machine(path) !== machineFor(arch))
        throw new KsoError("usage", `${path} holds ${machine(path) ?? "no"} code, not ${machineFor(arch)}`);
      const { size } = statSync(path);
      const digest = await hashing.digest([{ path, offset: 0, length: size }]);
      const published = publishedIn(join(dirname(path), "SHA256SUMS"), basename(path));
      if (published !== undefined && `sha256:${published}` !== digest)
        throw new KsoError("usage", `${path} is ${digest}, and SHA256SUMS beside it says ${published}`);
      return { name, path, size, digest };
    }),
  );
}

function machine(path: string): string | undefined {
  const head = new Uint8Array(64);
  const file = openSync(path, "r");
  try {
    return machineOf(head.subarray(0, readSync(file, head, 0, head.length, 0)));
  } finally {
    closeSync(file);
  }
}

function publishedIn(sums: string, name: string): string | undefined {
  if (!existsSync(sums)) return undefined;
  return /^([0-9a-f]{64})/.exec(
    readFileSync(sums, "utf8")
      .split("\n")
      .find((line) => line.endsWith(`  ${name}`)) ?? "",
  )?.[1];
}
