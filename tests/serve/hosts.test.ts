import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { hostsFor, reachableAddresses } from "../../src/serve/hosts.ts";

test.each([
  ["10.0.0.5", [], ["10.0.0.5"]],
  ["fd00::5", ["kso.site"], ["[fd00::5]"]],
  ["127.0.0.1", [], ["127.0.0.1"]],
  [undefined, ["*.site", "kso.site", "10.0.0.5", "fd00::5"], ["kso.site", "10.0.0.5", "[fd00::5]"]],
  ["0.0.0.0", ["kso.site"], ["kso.site"]],
] as const)("bound to %p, with a certificate for %p: %p", (bound, names, hosts) => {
  expect([...hostsFor(bound, names)]).toEqual([...hosts]);
});

test("bound to all addresses, the machine's own are the hosts, and none that others cannot reach", () => {
  const of = (family: string): string[] =>
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter((one) => one.family === family && !one.internal)
      .map(({ address }) => address);
  const hosts = [...hostsFor(undefined, [])];
  expect(hosts.filter((host) => /^(?:127\.|169\.254\.|\[fe80|\[::1)/.test(host))).toEqual([]);
  const expected = of("IPv4").filter((address) => !address.startsWith("169.254."));
  const ipv6 = of("IPv6").filter((address) => !address.startsWith("fe80"));
  expect(hosts).toEqual(
    expected.length + ipv6.length === 0 ? ["localhost"] : [...expected, ...ipv6.map((one) => `[${one}]`)],
  );
  expect([...hostsFor("::", [])]).toEqual(hosts);
  expect([...hostsFor("0.0.0.0", [])]).toEqual(expected.length === 0 ? ["localhost"] : expected);
});

test("an address that the loopback interface has beside its own is one that others reach, after those of other interfaces", () => {
  const on = (address: string, internal: boolean) => ({
    ...{ address, internal, netmask: "", mac: "", cidr: null },
    ...(address.includes(":") ? { family: "IPv6" as const, scopeid: 0 } : { family: "IPv4" as const }),
  });
  const interfaces = {
    lo: [on("127.0.0.1", true), on("10.0.0.9", true), on("::1", true)],
    eth0: [on("10.0.0.5", false), on("fe80::1", false), on("fd00::5", false)],
  };
  expect(reachableAddresses(interfaces)).toEqual(["10.0.0.5", "10.0.0.9", "fd00::5"]);
});
