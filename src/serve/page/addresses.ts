// The addresses of the server as a client of the pages reaches it, for lines to paste. A client can send any Host header: what is
// not a host and a port is not repeated, and who looks on the server itself is shown what nodes can use.
import { isLoopback } from "../../core/loopback.ts";

/** Where a server is reached. */
export interface Addresses {
  /** The pages, where this request came: `http://10.0.0.5:8080`, without a slash at its end. */
  readonly pages: string;
  /** The files: the same, or another port; undefined where there are none. */
  readonly files: string | undefined;
  /** `10.0.0.5:5000`; undefined where there is no registry. */
  readonly registry: string | undefined;
  /** TLS, on both. */
  readonly secure: boolean;
}

/** What is known of the listeners without a request. */
export interface ListenerPorts {
  /** Of the listener for files; undefined where there is none. */
  readonly filesPort: number | undefined;
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
  { filesPort, registryPort, port, secure, host }: ListenerPorts,
): Addresses {
  const [, sent, sentPort] = grammar.exec(hostHeader ?? "") ?? [];
  const isUseless = sent === undefined || (isLoopback(sent) && !isLoopback(host));
  const [name, portText] = isUseless ? [host, String(port)] : [sent, sentPort];
  const usualPort = secure ? 443 : 80;
  const number = Number(portText ?? usualPort);
  const ownPort = number >= 1 && number <= 65_535 ? number : port;
  const url = (at: number): string => `${secure ? "https" : "http"}://${name}${at === usualPort ? "" : `:${at}`}`;
  // Behind a proxy that maps ports, another listener's outer port is known only where it is the port of this request.
  const outer = (other: number | undefined): number | undefined => (other === port ? ownPort : other);
  const [files, registry] = [outer(filesPort), outer(registryPort)];
  return {
    pages: url(ownPort),
    files: files === undefined ? undefined : url(files),
    registry: registry === undefined ? undefined : `${name}:${registry}`,
    secure,
  };
}
