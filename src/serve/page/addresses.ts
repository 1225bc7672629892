// The addresses of the server as a client of the pages reaches it, for lines to paste. A client can send any Host header: what is
// not a host and a port is not repeated, and who looks on the server itself is shown what nodes can use.
import { isLoopback } from "../../core/loopback.ts";

/** Where a server is reached. */
export interface Addresses {
  /** `http://10.0.0.5:8080`, without a slash at its end. */
  readonly files: string;
  /** `10.0.0.5:5000`; undefined where there is no registry. */
  readonly registry: string | undefined;
  /** Does the registry speak TLS? */
  readonly secure: boolean;
}

/** What is known of the listeners without a request. */
export interface ListenerPorts {
  /** Of the registry's listener; undefined where there is none. */
  readonly registryPort: number | undefined;
  /** Of this listener. */
  readonly port: number;
  readonly secure: boolean;
  /** At which other machines reach this listener. */
  readonly host: string;
}

const grammar = /^(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(\d{1,5}))?$/;

/** Takes the Host header of a request, returns where its client reaches this server. */
export function addressesFor(
  hostHeader: string | null,
  { registryPort, port, secure, host }: ListenerPorts,
): Addresses {
  const [, sent, sentPort] = grammar.exec(hostHeader ?? "") ?? [];
  const isUseless = sent === undefined || (isLoopback(sent) && !isLoopback(host));
  const [name, portText] = isUseless ? [host, String(port)] : [sent, sentPort];
  const usualPort = secure ? 443 : 80;
  const number = Number(portText ?? usualPort);
  const filesPort = number >= 1 && number <= 65_535 ? number : port;
  const scheme = secure ? "https" : "http";
  // Behind a proxy that maps ports, the registry's outer port is known only where it is the port of this request.
  const registry = registryPort === port ? filesPort : registryPort;
  return {
    files: `${scheme}://${name}${filesPort === usualPort ? "" : `:${filesPort}`}`,
    registry: registry === undefined ? undefined : `${name}:${registry}`,
    secure,
  };
}
