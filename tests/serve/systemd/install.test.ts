// What --install writes and puts back, and --uninstall removes; tests/e2e/install.e2e.ts does it with systemd itself.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  installedFiles,
  installService,
  type ServiceFile,
  type ServiceHost,
  serviceChanges,
  uninstallService,
} from "../../../src/serve/systemd/install.ts";
import {
  assertReadableByService,
  isStable,
  logrotatePath,
  logrotateRules,
  programPath,
  unitPath,
  withBroughtProgram,
} from "../../../src/serve/systemd/service-files.ts";
import { systemdUnit } from "../../../src/serve/systemd/unit.ts";
import { rejection } from "../../support/http.ts";
import { temporary } from "../../support/temp.ts";

interface Machine extends ServiceHost, Disposable {
  readonly calls: string[];
  /** What fails: a word of systemctl, or `answers`. */
  failing: string | undefined;
  at(path: string): string;
}

function machine(): Machine {
  const folder = temporary();
  const calls: string[] = [];
  const host: Machine = {
    root: folder.path,
    calls,
    failing: undefined,
    at: (path) => join(folder.path, path),
    systemctl: (...args) => {
      calls.push(args.join(" "));
      return args[0] === host.failing ? { code: 3, text: "no\n" } : { code: 0, text: "" };
    },
    answers: async () => {
      if (host.failing === "answers") throw new Error("it does not answer");
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  return host;
}

const unitOf = (...words: string[]): string =>
  systemdUnit(["/usr/bin/kso"], ["/srv/b.tar", ...words], { credentials: [], state: [], switches: ["yes"] });
const filesOf = (unit: string): ServiceFile[] => [
  { path: programPath, content: new Uint8Array([1, 2, 3]), mode: 0o755 },
  { path: logrotatePath, content: logrotateRules("access.log"), mode: 0o644 },
  { path: unitPath, content: withBroughtProgram(unit), mode: 0o644 },
];

test("all is written and started; a second time nothing changes; other flags change the unit alone", async () => {
  using host = machine();
  const changes = serviceChanges(filesOf(unitOf()), host);
  expect(changes.map(({ file }) => file.path)).toEqual([programPath, logrotatePath, unitPath]);
  await installService(changes, host);
  expect(host.calls).toEqual(["daemon-reload", "enable kso-serve.service", "restart kso-serve.service"]);
  expect(statSync(host.at(programPath)).mode & 0o777).toBe(0o755);
  expect(readFileSync(host.at(logrotatePath), "utf8")).toContain('\n"/var/lib/kso/access.log" {\n');
  expect(serviceChanges(filesOf(unitOf()), host)).toEqual([]);
  expect(serviceChanges(filesOf(unitOf("--files", ":81")), host).map(({ file }) => file.path)).toEqual([unitPath]);
});

test.each(["daemon-reload", "enable", "restart", "answers"])(
  "where %s fails, all is put back, by name",
  async (step) => {
    using host = machine();
    host.failing = step;
    const cause = await rejection(installService(serviceChanges(filesOf(unitOf()), host), host));
    expect(cause).toMatchObject({ code: "remote" });
    for (const path of [programPath, logrotatePath, unitPath]) {
      expect(cause.message).toContain(`${path} is removed again`);
      expect(existsSync(host.at(path))).toBeFalse();
    }
    host.failing = undefined;
    await installService(serviceChanges(filesOf(unitOf()), host), host);
    const before = readFileSync(host.at(unitPath), "utf8");
    host.failing = step;
    const again = await rejection(installService(serviceChanges(filesOf(unitOf("--files", ":81")), host), host));
    expect(again.message).toContain(`${unitPath} is as it was`);
    expect(readFileSync(host.at(unitPath), "utf8")).toBe(before);
    expect(existsSync(host.at(programPath))).toBeTrue();
    expect(host.calls.at(-1)).toBe("restart kso-serve.service");
  },
);

test("--uninstall removes what was written, and a program only where it was brought", async () => {
  using host = machine();
  await installService(serviceChanges(filesOf(unitOf()), host), host);
  mkdirSync(host.at("/var/lib/kso"), { recursive: true });
  writeFileSync(host.at("/var/lib/kso/access.log"), "x");
  const files = installedFiles(host);
  expect(files).toEqual([unitPath, logrotatePath, programPath]);
  host.failing = "disable";
  expect(() => uninstallService(files, host)).toThrow("systemctl disable --now");
  expect(existsSync(host.at(unitPath))).toBeTrue();
  host.failing = undefined;
  uninstallService(files, host);
  expect(installedFiles(host)).toEqual([]);
  expect(existsSync(host.at("/var/lib/kso/access.log"))).toBeTrue();
  const [unit] = [{ path: unitPath, content: unitOf(), mode: 0o644 }];
  await installService(serviceChanges([unit as ServiceFile], host), host);
  writeFileSync(host.at(programPath), "somebody's");
  expect(installedFiles(host)).toEqual([unitPath]);
});

test.each([unitPath, logrotatePath])("%s of somebody else stays; a unit of --print-unit is kso's", (path) => {
  using host = machine();
  mkdirSync(dirname(host.at(path)), { recursive: true });
  writeFileSync(host.at(path), "[Unit]\nDescription=mine\n");
  expect(() => serviceChanges(filesOf(unitOf()), host)).toThrow(`Cannot write ${path}`);
  expect(() => installedFiles(host)).toThrow(`Cannot remove ${path}`);
  writeFileSync(host.at(path), path === unitPath ? unitOf() : logrotateRules("x"));
  expect(serviceChanges(filesOf(unitOf()), host)).toHaveLength(3);
});

test("a bundle that the service's user cannot read is told before anything is written", () => {
  using folder = temporary();
  const path = join(folder.path, "b.tar");
  writeFileSync(path, "x");
  expect(() => assertReadableByService(path)).toThrow(/has a \/tmp of its own|cannot enter/);
  expect(() => assertReadableByService("/etc/shadow")).toThrow("chmod -R o+rX /etc/shadow");
  expect(() => assertReadableByService("/etc/passwd")).not.toThrow();
});

test.each([
  ["/usr/bin/kso", true],
  ["/usr/local/bin/kso", true],
  ["/opt/kso/kso", true],
  ["/root/kso", false],
  ["/home/ann/kso", false],
])("a service may depend on %s: %p", (program, stable) => {
  expect(isStable(program)).toBe(stable);
});
