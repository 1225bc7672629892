// What is read of other people's files and answers without a command: logins, passwords, sums, challenges, listings.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseNetrc } from "../../../src/http/netrc.ts";
import { readCredentials } from "../../../src/oci/credentials.ts";
import { digestInSums, singleDigest } from "../../../src/release-data/update/sums.ts";
import { parsePasswords } from "../../../src/serve/passwords.ts";
import type { Target } from "../target.ts";

const text = (value: string): Uint8Array => Buffer.from(value);
const read = (input: Uint8Array): string => Buffer.from(input).toString("utf8");

const ofText = (
  name: string,
  seeds: readonly string[],
  words: readonly string[],
  run: (input: string) => unknown,
): Target => ({
  name,
  words,
  seeds: () => seeds.map(text),
  prepare: (_, input) => ({ steps: [{ name, run: () => run(read(input)) }] }),
});

const sums = ofText(
  "sums",
  [
    `${"a".repeat(64)}  tool\n${"b".repeat(64)} *dir/other\n`,
    `SHA256 (tool) = ${"c".repeat(64)}\nSHA512 (tool) = ${"d".repeat(128)}\n`,
    "e".repeat(64),
  ],
  ["SHA256 (", ") = ", "  ", " *", "\\", "tool", "\r\n"],
  (input) => {
    for (const read of [() => digestInSums(input, "tool", "sha256"), () => digestInSums(input, "tool", "sha512")])
      read();
    singleDigest(input, "tool", "sha256");
  },
);
const netrc = ofText(
  "netrc",
  ['machine a.example login me password "a b"\ndefault login x password y\nmacdef m\nls\n\n# comment\n'],
  ["machine ", "default ", "login ", "password ", "account ", "macdef ", '"', "\\", "#", "\n\n"],
  (input) => parseNetrc(input)("a.example"),
);
const htpasswd = ofText(
  "htpasswd",
  [`ann:$2y$05$${"a".repeat(53)}\nbob:$2b$10$${"b".repeat(53)}\n`],
  [":", "$2y$", "$apr1$", "{SHA}", "\r\n", "#"],
  (input) => parsePasswords(input, "htpasswd"),
);

const login: Target = {
  name: "docker-config",
  seeds: () => [
    text(
      JSON.stringify({
        auths: {
          "a.example": { auth: Buffer.from("me:pw").toString("base64") },
          "https://index.docker.io/v1/": { identitytoken: "t" },
        },
        credHelpers: { "b.example": "given" },
        credsStore: "given",
      }),
    ),
  ],
  words: ["auths", "auth", "identitytoken", "credHelpers", "credsStore", "a.example/team"],
  prepare(folder, input) {
    writeFileSync(join(folder, "config.json"), input);
    return {
      steps: ["a.example", "docker.io", "b.example"].map((host) => ({
        name: `credentials of ${host}`,
        run: () => readCredentials({ DOCKER_CONFIG: folder, PATH: folder }, folder).find(host, "team/app"),
      })),
    };
  },
};

const helper: Target = {
  name: "credential-helper",
  seeds: () => [
    text('{"ServerURL":"a.example","Username":"me","Secret":"pw"}'),
    text("credentials not found in native keychain\n"),
  ],
  words: ["Username", "Secret", "<token>"],
  prepare(folder, input) {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "answer"), input);
    writeFileSync(
      join(folder, "bin/docker-credential-given"),
      `#!/bin/sh\nexec /bin/cat '${join(folder, "answer")}'\n`,
    );
    chmodSync(join(folder, "bin/docker-credential-given"), 0o755);
    writeFileSync(join(folder, "config.json"), JSON.stringify({ credsStore: "given" }));
    const find = (): unknown =>
      readCredentials({ DOCKER_CONFIG: folder, PATH: join(folder, "bin") }, folder).find("a.example", "app");
    return { steps: [{ name: "credential helper", run: find }] };
  },
};

/** Targets about logins and sums. */
export const credentialTargets: readonly Target[] = [sums, netrc, htpasswd, login, helper];
