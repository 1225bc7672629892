// Who works on a temporary file. The name of the owner is in the file's name, so that a later run knows which ones are
// left over from a crash and which belong to a process that is still at work, possibly in another container.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { getPriority, hostname, platform } from "node:os";
import { pid as ownPid } from "node:process";

/** What the kernel shows of processes; macOS and Windows have none, and there the number alone tells who is at work. */
const hasProcesses: boolean = platform() === "linux";
/** Tells two processes with one number apart there, of which one is this. */
const ownStart: string = hasProcesses ? "" : randomBytes(6).toString("hex");

/** This process: boot, process namespace, process and its start, and host, in characters that fit a file name. */
export function ownerTag(): string {
  const pid = hasProcesses ? readlinkSync("/proc/self") : String(ownPid);
  return [boot(), namespace(), pid, hasProcesses ? startOf(pid) : ownStart, host()].join("-");
}

/** Whether the process of an owner tag still runs. Undefined when this process cannot see it (another container or host). */
export function isAlive(tag: string): boolean | undefined {
  const [bootId, namespaceId, pid, start, hostId = host()] = tag.split("-");
  if (!(bootId && namespaceId && pid && start)) return undefined;
  // Several machines may share a store over the network, and their first namespaces have one number.
  if (hostId !== host()) return undefined;
  // After a reboot nothing of before is alive; in another namespace the same number is another process.
  if (namespaceId !== namespace()) return undefined;
  if (bootId !== boot()) return false;
  if (!hasProcesses) return Number(pid) === ownPid ? start === ownStart : isRunning(Number(pid));
  return startOf(pid) === start;
}

/** This host, by a hash: its name may have characters that no file name can have. */
function host(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

function boot(): string {
  return hasProcesses ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8) : "0";
}

function namespace(): string {
  return hasProcesses ? readlinkSync("/proc/self/ns/pid").replace(/\D/g, "") : "0";
}

/** Field 22 of /proc/PID/stat, clock ticks since boot: it tells two processes with one id apart. */
function startOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .at(19);
  } catch {
    return undefined;
  }
}

/** Is there a process of that number? One whose priority this user may not ask for is there. */
function isRunning(pid: number): boolean {
  try {
    getPriority(pid);
    return true;
  } catch (cause) {
    return (cause as { info?: { code?: string } }).info?.code !== "ESRCH";
  }
}
