// A Debian that has nothing but its own minimum and curl, as whoever installs kso finds it: a changed root over a tree that is made once,
// with processes, mounts and, where it is wanted, a network of its own. What is typed there runs in one shell, as on a terminal.
import { expect } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "./containers.ts";
import { debianTree } from "./counterparts.ts";

/** A command line that was typed, and what came of it. */
export interface Typed {
  readonly line: string;
  /** Of a command that goes on in the background: 0 once it has said that it is ready. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Holds the machine's state; its `home` is /root. */
  readonly folder: string;
  /** Addresses of the machine in a network that leads nowhere; without it, the network of the host. */
  readonly isolated?: readonly string[];
  /** Names that it knows beside localhost: name → address. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A file with the certificate of an authority that the machine trusts. */
  readonly authority?: string;
  /** Programs of the host's that run beside, in the machine's network; they end with it. */
  readonly beside?: readonly Beside[];
}

/** A server that runs beside a machine. */
export interface Beside {
  readonly command: string;
  /** Where it is once it is ready, on every address. */
  readonly port: number;
}

/** A command that goes on until the machine ends: which lines are one, and what its stderr says once it is ready. */
export interface Background {
  readonly line: RegExp;
  readonly ready: string;
}

/** The machine's /root, on the host. */
export function homeOf({ folder }: Machine): string {
  return join(folder, "home");
}

/** Types these lines one after the other; ends with the first that fails. */
export async function type(machine: Machine, lines: readonly string[], background?: Background): Promise<Typed[]> {
  const { folder, isolated, hosts = {}, env = {}, authority, beside = [] } = machine;
  const said = join(folder, "said");
  for (const name of ["home", "upper", "work", "root", "said"]) mkdirSync(join(folder, name), { recursive: true });
  chmodSync(folder, 0o755);
  const names = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
  const network = [
    "ip link set lo up",
    ...(isolated ?? []).map((address) => `ip address add ${address}/32 dev lo`),
    'test -z "$(ip route show default)"',
  ];
  writeFileSync(join(folder, "typed.sh"), `cd\n${lines.map((line, at) => step(line, at, background)).join("")}`);
  writeFileSync(
    join(folder, "start.sh"),
    `set -eu
cd ${folder}
mount -t overlay -o lowerdir=${debianTree()},upperdir=upper,workdir=work overlay root
mkdir -p root/said && mount --bind home root/root && mount --bind said root/said
mount -t proc proc root/proc && mount --rbind /dev root/dev
printf '127.0.0.1 localhost\n${names.join("").replaceAll("\n", "\\n")}' > root/etc/hosts
cp typed.sh root/typed.sh
${isolated ? network.join("\n") : "cp -L /etc/resolv.conf root/etc/resolv.conf"}
${authority === undefined ? "" : `cat ${authority} >> root/etc/ssl/certs/ca-certificates.crt`}
${beside.map(({ command, port }) => `${command} >>said/beside 2>&1 &\n${until(port)}`).join("\n")}
exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" chroot root bash /typed.sh
`,
  );
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const own = ["--mount", "--pid", "--fork", "--kill-child", ...(isolated ? ["--net"] : [])];
  const { code, stderr } = await run("unshare", [...own, "sh", join(folder, "start.sh"), ...variables]);
  const results = lines.flatMap((line, at): Typed[] => {
    const read = (what: string): string => {
      const path = join(said, `${at}.${what}`);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    };
    return read("code") ? [{ line, code: Number(read("code")), stdout: read("out"), stderr: read("err") }] : [];
  });
  if (results.length === 0) throw new Error(`The machine did not start (${code}): ${stderr}`);
  return results;
}

/** Goes on once somebody listens on this port; after ten seconds it ends the machine. */
function until(port: number): string {
  return `for i in $(seq 200); do if ss -Hltn "sport = :${port}" | grep -q .; then break; fi; test $i -lt 200; sleep 0.05; done`;
}

/** Types the lines of a page, each of which must succeed; what was said where one fails is in the failure. */
export async function succeedIn(
  machine: Machine,
  lines: readonly string[],
  background?: Background,
): Promise<readonly Typed[]> {
  const results = await type(machine, lines, background);
  expect(results.filter(({ code }) => code !== 0)).toEqual([]);
  expect(results.map(({ line }) => line)).toEqual([...lines]);
  return results;
}

/** Carries files and folders from one machine's home to another's. */
export function carry(from: Machine, to: Machine, ...names: readonly string[]): void {
  for (const name of names) cpSync(join(homeOf(from), name), join(homeOf(to), name), { recursive: true });
}

/** One line as a part of the shell's script; what it changes in the shell stays. */
function step(line: string, at: number, background: Background | undefined): string {
  const said = `/said/${at}`;
  if (!background?.line.test(line))
    return `{ ${line}\n} </dev/null >${said}.out 2>${said}.err; code=$?; echo $code >${said}.code; [ $code = 0 ] || exit 0\n`;
  // What it says is read as it comes: the shell goes on with the line that says it is ready, or with the end of all lines.
  return `mkfifo ${said}.fifo ${said}.ready
{ ${line}
} </dev/null >${said}.out 2>${said}.fifo &
{ tee ${said}.err <${said}.fifo | { grep -m 1 -F '${background.ready}' >${said}.ready; cat >/dev/null; }; } &
if read -r -t 60 _ <${said}.ready; then echo 0 >${said}.code; else echo 1 >${said}.code; exit 0; fi
`;
}

/** Makes the tree that all machines begin with, in `folder`: Debian's minimum, curl and what it trusts. */
export async function makeDebian(folder: string): Promise<void> {
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "stable";
  await must("mmdebstrap", ["--quiet", "--variant=minbase", "--include=curl,ca-certificates", release, folder]);
}
