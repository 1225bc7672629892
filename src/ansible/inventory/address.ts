// Names of hosts with ports: `node1:2222`, `10.0.0.1:22`, `[fd00::1]:22`. Source: ansible-core 2.14, parsing/utils/addresses.py.

const hexRange = String.raw`\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]`;
const numericRange = String.raw`\[[0-9]+:[0-9]+(?::[0-9]+)?\]`;
const letterRange = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const octet = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${numericRange})`;
const label = String.raw`(?:[\p{L}\p{N}_]|${letterRange})(?:[\p{L}\p{N}_-]|${letterRange})*(?<![_-])`;

const ipv4 = new RegExp(`^(?:${octet}\\.){3}${octet}$`, "i");
const hostName = new RegExp(`^${label}(?:\\.${label})*$`, "iu");
/** One part of an IPv6 address. Whether there are as many as there should be is not looked at: such a name is taken as it is anyway. */
const ipv6 = new RegExp(`^(?=.*:.*:)(?:(?:[0-9a-f]{1,4}|${hexRange})?:)+(?:[0-9a-f]{1,4}|${hexRange}|[0-9.]+)?$`, "i");

/** Characters of the longest name that is looked at. */
const maxLength = 1000;

/** Whether a text is a name or an address of a host, ranges included. */
export function isHostAddress(text: string): boolean {
  return text.length <= maxLength && [ipv4, ipv6, hostName].some((pattern) => pattern.test(text));
}

/** A host without its port; what is no host with a port stays as it is. */
export function withoutPort(text: string): string {
  const [, bracketed] = /^\[(.+)\]:[0-9]+$/.exec(text) ?? [];
  const [, plain] = /^((?:[^:[\]]|\[[^\]]*\])*):[0-9]+$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host !== undefined && isHostAddress(host) ? host : text;
}
