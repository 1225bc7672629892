// A process that kso starts of itself leads a group, so that whatever it starts can be ended with it.
import process from "node:process";

/** Ends a group at once. @returns whether there was one. */
export function endGroup(leader: number): boolean {
  try {
    return process.kill(-leader, "SIGKILL");
  } catch {
    return false;
  }
}
