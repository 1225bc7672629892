// The hosts at which other machines reach a listener.
import { networkInterfaces } from "node:os";
import { isLoopback } from "../core/loopback.ts";

/**
 * The hosts as URLs have them, the best first: what the listener is bound to; else, where it has a certificate, the names in it; else the
 * addresses of this machine.
 * @param bound the address that is listened on; undefined for all of them.
 */
export function hostsFor(
  bound: string | undefined,
  certificateNames: readonly string[],
): readonly [string, ...string[]] {
  if (bound !== undefined && bound !== "0.0.0.0" && bound !== "::") return [inUrl(bound)];
  const names = certificateNames.filter((name) => !name.startsWith("*"));
  const addresses =
    names.length > 0
      ? names
      : reachableAddresses(networkInterfaces()).filter((address) => bound !== "0.0.0.0" || !address.includes(":"));
  const [first = "localhost", ...others] = addresses.map(inUrl);
  return [first, ...others];
}

/**
 * The addresses of a machine that others can reach it at, IPv4 before IPv6. One that the loopback interface has beside its own is
 * routed there (a virtual address of a load balancer), and comes last.
 */
export function reachableAddresses(interfaces: ReturnType<typeof networkInterfaces>): string[] {
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !isLoopback(inUrl(address)) && !/^(?:169\.254\.|fe[89ab])/i.test(address))
    .sort((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address }) => address);
  const isShort = (address: string): boolean => !address.includes(":");
  return [...reachable.filter(isShort), ...reachable.filter((address) => !isShort(address))];
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
