// `kso serve --install` and `--uninstall` on a machine whose first process is systemd: the service runs, its log is rotated, other flags
// change it, what does not come up is put back, and nothing is left at the end.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { requireTools, run } from "../support/containers.ts";
import { ways } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { bootable } from "../support/systemd.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
/** What each part of the script said. */
const said = new Map<string, string>();

const script = `
step() { printf '\\n== %s\\n' "$1"; }
kso() { /root/kso serve "$@"; echo "exit $?"; }
flags="--access-log plain --access-log-file access.log --missing missing.json --tls-self-signed kso.site,127.0.0.1"
health() { curl -sSk --retry 20 --retry-connrefused --retry-delay 1 "$1/health"; echo; }
step unasked; kso /srv/kso/bundle.tar $flags --install </dev/null; ls /usr/local/bin /etc/logrotate.d
step install; kso /srv/kso/bundle.tar $flags --install --yes
systemctl is-active kso-serve; systemctl is-enabled kso-serve; health https://127.0.0.1:8080; curl -sSk https://127.0.0.1:8080/before -o /dev/null
step again; kso /srv/kso/bundle.tar $flags --install --yes; systemctl show -P NRestarts kso-serve
/usr/local/bin/kso serve /srv/kso/bundle.tar $flags --install --yes | head -n 1
step change; kso /srv/kso/bundle.tar $flags --files :81 --install --yes; health https://127.0.0.1:81
step rotate; logrotate -d /etc/logrotate.d/kso-serve; logrotate -f /etc/logrotate.d/kso-serve; echo "exit $?"
until [ -e /var/lib/kso/access.log ]; do :; done
curl -sSk https://127.0.0.1:81/after -o /dev/null; until grep -h after /var/lib/kso/access.log; do :; done; grep -c before /var/lib/kso/access.log.1
step broken; head -c 1000 /srv/kso/bundle.tar >/srv/kso/broken.tar
kso /srv/kso/broken.tar --files :82 --install --yes; grep ExecStart= /etc/systemd/system/kso-serve.service; health https://127.0.0.1:81
step uninstall; kso --uninstall --yes; systemctl is-active kso-serve; ls /usr/local/bin /etc/logrotate.d /etc/systemd/system; ls /srv/kso/bundle.tar /var/lib/kso/access.log
step gone; kso --uninstall --yes
step foreign; printf '[Unit]\\nDescription=mine\\n' >/etc/systemd/system/kso-serve.service
kso /srv/kso/bundle.tar --install --yes; kso --uninstall --yes; cat /etc/systemd/system/kso-serve.service
step unreadable; rm /etc/systemd/system/kso-serve.service; chmod 600 /srv/kso/bundle.tar; kso /srv/kso/bundle.tar --install --yes
`;

beforeAll(async () => {
  await requireTools({ "systemd-nspawn": "systemd-container", logrotate: "logrotate", curl: "curl" });
  const { path } = await sealed(folder.path);
  const machine = bootable(folder.path);
  copyFileSync(path, join(machine.root, "srv/kso/bundle.tar"));
  chmodSync(join(machine.root, "srv/kso/bundle.tar"), 0o644);
  copyFileSync(ways.binary[0] as string, join(machine.root, "root/kso"));
  for (const part of (await machine.boot(script)).split("\n== ").slice(1)) {
    const [title = "", ...lines] = part.split("\n");
    said.set(title, lines.join("\n"));
  }
}, 240_000);
afterAll(() => folder[Symbol.dispose]());

const unit = "/etc/systemd/system/kso-serve.service";

test("without a terminal and without --yes it shows all and changes nothing", () => {
  const text = said.get("unasked");
  for (const words of [
    "writes /usr/local/bin/kso, this very kso",
    "writes /etc/logrotate.d/kso-serve:",
    `writes ${unit}:`,
    "ExecStart=/usr/local/bin/kso serve /srv/kso/bundle.tar --access-log plain --access-log-file /var/lib/kso/access.log",
    "say --yes. Nothing was changed",
    "exit 2\n/etc/logrotate.d:\n\n/usr/local/bin:\n",
  ])
    expect(text).toContain(words);
});

test("it is installed, enabled, answers, and the next line is ready to be typed", () => {
  const text = said.get("install");
  expect(text).toContain("exit 0\nactive\nenabled\nOK\n");
  expect(text).toContain("files:    https://kso.site:8080/k8s/");
  expect(text).toContain(
    "kso config kubespray /srv/kso/bundle.tar --registry-host https://kso.site:5000 --files-url https://kso.site:8080/k8s --ca /var/lib/kso/tls/ca.pem -o offline.yml --check",
  );
});

test("a second time nothing is to do; other flags show what differs, and a low port is had", () => {
  expect(said.get("again")).toStartWith(`${unit} is as it is to be\n`);
  expect(said.get("again")).toContain("exit 0\n0\n");
  // The copy that was brought says the same of itself.
  expect(said.get("again")?.match(/is as it is to be/g)).toHaveLength(2);
  const changed = said.get("change");
  expect(changed).toContain(`changes ${unit}:\n`);
  expect(changed).toMatch(/- ExecStart=.*\n(?:.*\n)*? *\+ ExecStart=.* --files :81/);
  expect(changed).toContain("+ AmbientCapabilities=CAP_NET_BIND_SERVICE");
  expect(changed).not.toContain("NoNewPrivileges");
  expect(changed).toContain("exit 0\nOK\n");
});

test("logrotate takes the rules, and after a rotation the log goes on in a new file", () => {
  const text = said.get("rotate");
  expect(text).toContain("weekly (8 rotations)");
  expect(text).not.toContain("error:");
  expect(text).toMatch(/\nexit 0\n.*"GET \/after .*\n1\n/);
});

test("what does not come up is put back by name, with the service's own words; the old one runs", () => {
  const text = said.get("broken");
  expect(text).toContain("Cannot read /srv/kso/broken.tar");
  expect(text).toContain(`${unit} is as it was\nexit 6\n`);
  expect(text).toMatch(/\nExecStart=.* --files :81\S* .*\n(?:.*\n)*OK\n/);
});

test("--uninstall removes what was written and no more; a second time there is nothing", () => {
  const text = said.get("uninstall");
  expect(text).toContain(`Removed: ${unit}, /etc/logrotate.d/kso-serve, /usr/local/bin/kso\n`);
  expect(text).toContain("sudo rm -r /var/lib/kso /var/lib/private/kso");
  expect(text).toContain(
    "exit 0\ninactive\n/etc/logrotate.d:\n\n/etc/systemd/system:\nscript.service\nscript.target\n\n/usr/local/bin:\n",
  );
  expect(text).toContain("/srv/kso/bundle.tar\n/var/lib/kso/access.log\n");
  expect(said.get("gone")).toBe("There is no service of kso's to remove\nexit 0\n");
});

test("a unit of somebody else stays; a bundle that the service cannot read is told first", () => {
  const text = said.get("foreign");
  expect(text).toContain(`Cannot write ${unit}: it is there, and kso did not write it`);
  expect(text).toContain(`Cannot remove ${unit}`);
  expect(text).toEndWith("exit 2\n[Unit]\nDescription=mine\n");
  expect(said.get("unreadable")).toContain("its user cannot read it; chmod -R o+rX /srv/kso/bundle.tar");
});

test("where no systemd runs, it says so; words that contradict each other are told", async () => {
  const kso = (...words: string[]) => run(ways.binary[0] as string, ["serve", ...words], { HOME: folder.path });
  const bundle = join(folder.path, "bundle.tar");
  if ((await run("test", ["-d", "/run/systemd/system"])).code !== 0)
    for (const words of [[bundle, "--install"], ["--uninstall"]]) {
      const { code, stderr } = await kso(...words);
      expect([code, stderr]).toEqual([2, expect.stringContaining("needs systemd, which does not run here")]);
    }
  for (const words of [
    ["--install", "--uninstall"],
    [bundle, "--install", "--print-unit"],
    [bundle, "--yes"],
  ])
    expect((await kso(...words)).code).toBe(2);
});
