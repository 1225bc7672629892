// The OCI conformance suites, both generations, against `kso serve`: all that they have for a registry that nobody can push to.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { XMLParser } from "fast-xml-parser";
import { type ConformanceRepository, conformanceSample } from "../support/conformance.ts";
import { run } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { sealed } from "../support/sealed.ts";
import { type Service, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
let repositories: Readonly<Record<"whole" | "sparse", ConformanceRepository>>;

beforeAll(async () => {
  const { sample, ...both } = conformanceSample(at("blobs"));
  repositories = both;
  await sealed(folder.path, "bundle.tar", { sample });
  writeFileSync(at("users"), `u:${bcrypt.hashSync("p", 4)}\n`);
}, 60_000);
afterAll(() => folder[Symbol.dispose]());

/** What the suite of 2026 calls the parts of the API, and what becomes of each here. */
const outcomes: Readonly<Record<"Pass" | "Disabled" | "Unknown", readonly string[]>> = {
  Pass: [
    ...["Blob get", "Blob head", "Manifest get by digest", "Manifest get by tag", "Manifest head by digest"],
    ...["Manifest head by tag", "Ping", "Referrers", "Tag listing"],
  ],
  Disabled: [
    ...["Blob anonymous mount", "Blob chunked", "Blob delete", "Blob delete atomic", "Blob mount", "Blob post only"],
    ...["Blob post put", "Blob push", "Blob streaming", "Manifest delete", "Manifest delete atomic"],
    ...["Manifest put by digest", "Manifest put by tag", "Manifest put with subject", "Manifest put with tag params"],
    ...["Tag delete", "Tag delete atomic"],
  ],
  // It asks for ranges only of blobs that it has pushed. tests/e2e/serve.e2e.ts has them.
  Unknown: ["Blob get range", "Blob upload cancel"],
};

describe.each([
  ["whole", "plain"],
  ["sparse", "plain"],
  ["sparse", "with TLS and passwords"],
] as const)("an image that is %s, %s", (kind, way) => {
  const isSecure = way !== "plain";
  const flags = isSecure ? ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("tls"), "--htpasswd", at("users")] : [];
  const loginAt = ({ ready }: Service): Record<string, string> =>
    isSecure ? { OCI_USERNAME: "u", OCI_PASSWORD: "p", SSL_CERT_FILE: ready["ca"] ?? "" } : {};

  test("the suite of 2026: pull, tags and referrers", async () => {
    await using service = await startService(folder.path, [at("bundle.tar"), ...flags]);
    const { name, tags, manifests, blobs, manifest } = repositories[kind];
    const digests = (of: typeof blobs): string => [...new Set(of.map(({ digest }) => digest))].join(" ");
    const { stdout } = await run(counterpart("conformance"), [], {
      ...{
        OCI_REGISTRY: new URL(service.registry).host,
        OCI_TLS: isSecure ? "enabled" : "disabled",
        ...loginAt(service),
      },
      ...{ OCI_VERSION: "dev", OCI_REPO1: name, OCI_REPO2: name, OCI_RESULTS_DIR: at("results") },
      ...{ OCI_API_PUSH: "false", OCI_API_BLOBS_DELETE: "false", OCI_API_MANIFESTS_DELETE: "false" },
      ...{ OCI_API_TAGS_DELETE: "false", OCI_API_BLOBS_DIGEST_HEADER: "true" },
      // It cannot see this header of manifests that it does not know the bytes of.
      OCI_API_MANIFESTS_DIGEST_HEADER: "false",
      ...{ OCI_RO_DATA_TAGS: tags.join(" "), OCI_RO_DATA_REFERRERS: manifest.digest },
      ...{ OCI_RO_DATA_MANIFESTS: digests(manifests), OCI_RO_DATA_BLOBS: digests(blobs) },
    });
    // After its report it panics where it writes the same into a file, whenever pushing is disabled; so its exit code says nothing.
    const report = stdout.slice(stdout.indexOf("OCI Conformance Result:"));
    const rows = [...report.matchAll(/^ {2}(.+?)\.*: +(\w+)$/gm)].map(([, row = "", value = ""]) => [row, value]);
    const counts = Object.fromEntries(rows.slice(0, 6));
    expect([report.split("\n")[0], counts["FAIL"], counts["Error"], counts["Skip"]]).toEqual([
      ...["OCI Conformance Result: Pass", "0", "0", "0"],
    ]);
    const parts = rows.slice(6, -2);
    const having = (outcome: string): string[] =>
      parts.flatMap(([part = "", value]) => (value === outcome ? [part] : [])).sort();
    for (const [outcome, expected] of Object.entries(outcomes))
      expect([outcome, ...having(outcome)]).toEqual([outcome, ...expected]);
    expect(rows.slice(-2)).toEqual([
      ["Invalid Manifest Digest", "Pass"],
      ["Read Only Inputs", "Pass"],
    ]);
    const asked = new Set([...manifests, ...blobs].map(({ digest }) => digest)).size + tags.length;
    expect(Number(counts["Pass"])).toBeGreaterThanOrEqual(2 * asked);
  }, 120_000);

  test("the suite of 2023: pull and content discovery", async () => {
    await using service = await startService(folder.path, [at("bundle.tar"), ...flags]);
    const { name, tags, tag, manifest, config } = repositories[kind];
    const { code } = await run(counterpart("conformance-2023"), [], {
      ...{ OCI_ROOT_URL: service.registry, OCI_NAMESPACE: name, ...loginAt(service) },
      ...{ OCI_TEST_PULL: "1", OCI_TEST_CONTENT_DISCOVERY: "1", OCI_TAG_NAME: tag, OCI_TAG_LIST: tags.join(",") },
      ...{ OCI_MANIFEST_DIGEST: manifest.digest, OCI_BLOB_DIGEST: config.digest, OCI_REPORT_DIR: at(kind) },
    });
    const report = new XMLParser({ ignoreAttributes: false }).parse(readFileSync(at(kind, "junit.xml"), "utf8"));
    const suite = report.testsuites.testsuite;
    const of = (status: string): string[] =>
      (suite.testcase as { "@_name": string; "@_status": string }[]).flatMap((one) => {
        const [, what] = /^\[It\] OCI Distribution Conformance Tests (.*)/.exec(one["@_name"]) ?? [];
        return what !== undefined && one["@_status"] === status ? [what] : [];
      });
    const [passed, skipped] = [of("passed"), of("skipped")];
    expect([code, suite["@_failures"], suite["@_errors"], passed.length + skipped.length]).toEqual([0, "0", "0", 79]);
    expect(passed).toHaveLength(21);
    // Of pulling and of content discovery it leaves out what would push something first, or delete it afterwards.
    const left = skipped.filter((what) => !/^(Push|Content Management) /.test(what));
    expect(left.filter((what) => !/^(Pull|Content Discovery) (Setup|Teardown) /.test(what))).toEqual([]);
  }, 120_000);
});
