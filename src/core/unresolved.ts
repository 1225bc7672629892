// What could not be evaluated, in words.
import { nameList } from "./name-list.ts";
import type { Unresolved } from "./plan.ts";
import { architectureName } from "./platform.ts";
import { printable } from "./quote.ts";

/** Hosts that a message names before it only counts. */
const maxHosts = 3;

/** `helm (amd64, arm64; cp1 and cp2): its url ("{{ helm_download_url }}") cannot be evaluated: 'site' is undefined`. */
export function describeUnresolved(item: Unresolved): string {
  const { name, platforms, hosts } = item;
  if (item.kind === "variables") return printable(`${name}: ${item.reason}`);
  const where = [platforms.map(architectureName).join(", "), ...(hosts ? [nameList(hosts, maxHosts)] : [])].join("; ");
  return printable(`${name} (${where}): ${unresolvedReason(item)}`);
}

/** `its url ("{{ helm_download_url }}") cannot be evaluated: 'site' is undefined`; what has a value of no use cannot be used. */
export function unresolvedReason({ kind, field, expression, reason }: Unresolved): string {
  if (kind === "variables") return reason;
  const subject = field === "" ? "it" : `its ${field}`;
  const written = expression === "" ? "" : ` ("${expression}")`;
  return `${subject}${written} cannot be ${/\{[{%]/.test(expression) ? "evaluated" : "used"}: ${reason}`;
}
