import { X509Certificate } from "node:crypto";
import type { EnvironmentVariables } from "../core/environment.ts";
import { KsoError } from "../core/errors.ts";
import { chooseProxy } from "./proxy.ts";

/**
 * Makes the options, beyond the standard, that the runtime's fetch needs for a proxy and a private CA: see
 * src/runtime/transport.ts. A `fetch` among them is called in place of the global one.
 */
export type Transport = (options: { proxy?: string; ca?: string }) => Record<string, unknown>;

/** How a server is reached. */
export interface Route {
  /** The proxy's URL; undefined for a direct connection. */
  readonly proxy: string | undefined;
  /** Options for the runtime's fetch. */
  readonly options: Record<string, unknown>;
}

/**
 * Returns a function that chooses the route to a URL; the options of each proxy are made once.
 * @param ca PEM text: certificates to trust beside the system's.
 * @throws KsoError `usage` when `ca` holds no certificate; the result throws it when a proxy is not an http or https URL.
 */
export function chooseRoute(
  transport: Transport,
  env: EnvironmentVariables,
  ca: string | undefined,
): (url: URL) => Route {
  const certificates = ca === undefined ? undefined : checkedCertificates(ca);
  const proxyOf = chooseProxy(env);
  const routes = new Map<string | undefined, Route>();
  return (url) => {
    const proxy = proxyOf(url);
    let route = routes.get(proxy);
    if (!route) {
      const options = transport({ ...(proxy && { proxy }), ...(certificates && { ca: certificates }) });
      route = { proxy, options };
      routes.set(proxy, route);
    }
    return route;
  };
}

function checkedCertificates(pem: string): string {
  const blocks = pem.match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g);
  try {
    // A runtime would take what it cannot read for "no certificate" and report an untrusted server much later.
    for (const block of blocks ?? []) new X509Certificate(block);
  } catch (cause) {
    throw new KsoError("usage", "Cannot read the CA file: a certificate in it is broken; give a PEM file", cause);
  }
  if (!blocks) throw new KsoError("usage", "Cannot read the CA file: there is no certificate in it; give a PEM file");
  return blocks.join("\n");
}
