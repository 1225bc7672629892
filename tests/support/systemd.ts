// A machine of its own: systemd as process 1 over the programs of this one, with a root directory of a test's own.
//
//   using machine = bootable(folder);            // root: machine.root, with /etc/systemd/system and /srv
//   const said = await machine.boot("kso serve … --install --yes; echo $?");
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folders = ["usr", "etc/systemd/system", "etc/logrotate.d", "proc", "sys", "dev", "run", "tmp", "root", "srv/kso"];
const state = ["var/lib/logrotate", "var/log"];

interface BootableMachine {
  readonly root: string;
  /** Boots, runs the script of a shell as root, and turns off. @returns what it said. */
  boot(script: string): Promise<string>;
}

/** A machine whose root lies in the folder. */
export function bootable(folder: string): BootableMachine {
  const root = join(folder, "machine");
  for (const name of [...folders, ...state]) mkdirSync(join(root, name), { recursive: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  // Users made by systemd have no entry here: as on a system without libnss-systemd.
  for (const name of ["passwd", "group", "ld.so.cache", "os-release"])
    copyFileSync(`/etc/${name}`, join(root, "etc", name));
  // The paths above are below a folder that only its owner may enter.
  for (const path of [root, join(root, "srv"), join(root, "srv/kso")]) chmodSync(path, 0o755);
  writeFileSync(join(root, "etc/nsswitch.conf"), "passwd: files\ngroup: files\n");
  writeFileSync(join(root, "etc/machine-id"), "");
  const system = (name: string): string => join(root, "etc/systemd/system", name);
  writeFileSync(
    system("script.target"),
    "[Unit]\nRequires=basic.target script.service\nAfter=basic.target\nAllowIsolate=yes\n",
  );
  writeFileSync(
    system("script.service"),
    `[Unit]
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/sh /srv/script
StandardOutput=file:/srv/said
StandardError=file:/srv/said
Environment=HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
`,
  );
  return {
    root,
    async boot(script) {
      writeFileSync(join(root, "srv/script"), script);
      const { code, text } = await nspawn(root);
      const said = readFileSync(join(root, "srv/said"), "utf8");
      if (code !== 0) throw new Error(`systemd-nspawn ended with ${code}: ${text.slice(-2000)}\n${said}`);
      return said;
    },
  };
}

function nspawn(root: string): Promise<{ code: number | null; text: string }> {
  const args = ["--register=no", "--keep-unit", "--quiet", "-D", root, "--bind-ro=/usr", "--tmpfs=/usr/local/bin"];
  const child = spawn("systemd-nspawn", [...args, "--private-network", "--boot", "systemd.unit=script.target"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, text }));
  });
}
