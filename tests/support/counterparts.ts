// Programs of others that speak with kso in end-to-end tests and that Debian has not, or has too old: which ones, in which version,
// and where their binaries lie. tests/support/install-counterparts.ts builds them.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

interface Counterpart {
  /** What Go builds: `module/path/of/the/program@version`. */
  readonly source: string;
  /** The package is a suite of tests, which becomes a program with `go test -c`. */
  readonly suite?: true;
}

export type CounterpartName =
  | "crane"
  | "regctl"
  | "oras"
  | "registry"
  | "helm"
  | "versitygw"
  | "cosign"
  | "actionlint"
  | "conformance"
  | "conformance-2023";

/** A version that changes here is built anew. */
export const counterparts: Readonly<Record<CounterpartName, Counterpart>> = {
  crane: { source: "github.com/google/go-containerregistry/cmd/crane@v0.22.1" },
  regctl: { source: "github.com/regclient/regclient/cmd/regctl@v0.11.7" },
  oras: { source: "oras.land/oras/cmd/oras@v1.3.6" },
  registry: { source: "github.com/distribution/distribution/v3/cmd/registry@v3.1.2" },
  helm: { source: "helm.sh/helm/v3/cmd/helm@v3.22.0" },
  versitygw: { source: "github.com/versity/versitygw/cmd/versitygw@v1.8.0" },
  cosign: { source: "github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5" },
  actionlint: { source: "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7" },
  conformance: {
    source: "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111",
  },
  // Of the suite that stood until 2026 the module proxy has this state alone, from between 1.1.0-rc3 and 1.1.0 of the specification.
  "conformance-2023": {
    source: "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20231101194043-f2182352d4cc",
    suite: true,
  },
};

/** Outlives the checkout, so that the next run of the gate builds nothing. */
export const counterpartCache: string =
  process.env["KSO_COUNTERPARTS"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kso-counterparts");

/** Where the binary of a counterpart lies once it is built; another version lies elsewhere. */
export function binaryOf(name: CounterpartName): string {
  const version = counterparts[name].source.replace(/^.*@/, "");
  return join(counterpartCache, "bin", `${name}-${version}`);
}

/** The path of a counterpart's binary; throws, with the way out, where it is not built: these tests are never skipped. */
export function counterpart(name: CounterpartName): string {
  const path = binaryOf(name);
  if (existsSync(path)) return path;
  const way = "npx --yes bun@1.4.5 tests/support/install-counterparts.ts";
  throw new Error(`This test needs ${counterparts[name].source}, which is not at ${path}: ${way}`);
}

/** Where the tree of a bare Debian lies once it is made. */
export const debianCache: string = join(counterpartCache, "debian-1");

/** The tree of a bare Debian; throws, with the way out, where it is not made. */
export function debianTree(): string {
  if (existsSync(debianCache)) return debianCache;
  throw new Error(`The tree of a bare Debian is not made: npx --yes bun@1.4.5 tests/support/install-counterparts.ts`);
}
