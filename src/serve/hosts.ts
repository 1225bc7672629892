// The hosts at which other machines reach a listener.
import { networkInterfaces } from "node:os";

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
    names.length > 0 ? names : ownAddresses().filter((address) => bound !== "0.0.0.0" || !address.includes(":"));
  const [first = "localhost", ...others] = addresses.map(inUrl);
  return [first, ...others];
}

/** The addresses of this machine that others can reach it at, IPv4 before IPv6. */
function ownAddresses(): string[] {
  const reachable = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, internal }) => !internal && !/^(?:169\.254\.|fe[89ab])/i.test(address))
    .map(({ address }) => address);
  const isShort = (address: string): boolean => !address.includes(":");
  return [...reachable.filter(isShort), ...reachable.filter((address) => !isShort(address))];
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
