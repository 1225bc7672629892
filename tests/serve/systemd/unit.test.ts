// `--print-unit`, word by word; tests/e2e/service.e2e.ts lets systemd read it.
import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { systemdUnit, type UnitFlags } from "../../../src/serve/systemd/unit.ts";

const flags: UnitFlags = {
  credentials: ["tls-cert", "tls-key", "htpasswd"],
  state: ["tls-dir", "access-log-file", "missing"],
  switches: ["json", "quiet", "print-unit"],
};
const unit = (program: string, ...argv: string[]): string => systemdUnit([program], argv, flags);
const lineOf = (text: string, key: string): string | undefined =>
  text.split("\n").find((line) => line.startsWith(`${key}=`));
const start = (...argv: string[]): string | undefined => lineOf(unit("/usr/bin/kso", ...argv), "ExecStart");

test("paths are full ones, and what the service writes lies in its own directory", () => {
  expect(start("b.tar", "--print-unit", "--missing", "m.json", "--access-log", "json", "--quiet")).toBe(
    `ExecStart=/usr/bin/kso serve ${resolve("b.tar")} --missing /var/lib/kso/m.json --access-log json --quiet`,
  );
  expect(start("/b.tar", "--tls-self-signed=kso.site")).toBe(
    "ExecStart=/usr/bin/kso serve /b.tar --tls-self-signed kso.site --tls-dir /var/lib/kso/tls",
  );
  expect(start("/b.tar", "--tls-self-signed", "kso.site", "--tls-dir", "/srv/tls")).toEndWith("--tls-dir /srv/tls");
});

test("secrets are handed over by systemd, and special characters are escaped", () => {
  const text = unit("/opt/k so", "/b 100%.tar", "--htpasswd", "/etc/users", "--tls-key", "/k%");
  expect(lineOf(text, "ExecStart")).toBe(
    `ExecStart="/opt/k so" serve "/b 100%%.tar" --htpasswd \${CREDENTIALS_DIRECTORY}/htpasswd --tls-key \${CREDENTIALS_DIRECTORY}/tls-key`,
  );
  expect(text.match(/^LoadCredential=.*$/gm)).toEqual([
    "LoadCredential=htpasswd:/etc/users",
    "LoadCredential=tls-key:/k%%",
  ]);
});

test.each<[string[], string]>([
  [[], ""],
  [["--files", ":8080"], ""],
  [["--files", ":443"], "CAP_NET_BIND_SERVICE"],
  [["--registry", "10.0.0.5:1023"], "CAP_NET_BIND_SERVICE"],
  [["--registry", ":1024"], ""],
  [["--files", ":80", "--files", "off"], ""],
])("ports %j need %j", (words, capability) => {
  const text = unit("kso", "/b.tar", ...words);
  expect(lineOf(text, "AmbientCapabilities")).toBe(`AmbientCapabilities=${capability}`);
  expect(lineOf(text, "CapabilityBoundingSet")).toBe(`CapabilityBoundingSet=${capability}`);
});

test("systemd waits longer than running responses may take", () => {
  expect(lineOf(unit("kso", "/b.tar"), "TimeoutStopSec")).toBe("TimeoutStopSec=40");
  expect(lineOf(unit("kso", "/b.tar", "--grace", "5"), "TimeoutStopSec")).toBe("TimeoutStopSec=15");
});

test("a line feed in a word would be a setting of the unit's", () => {
  for (const words of [
    ["/b\nExecStartPre=/bin/evil"],
    ["/b.tar", "--htpasswd=/x\nUser=root"],
    ["/b\u2028.tar"],
    ["/\u001b[31m"],
  ])
    expect(() => unit("/usr/bin/kso", ...words)).toThrow("it holds a control character");
});
