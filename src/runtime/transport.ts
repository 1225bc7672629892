// What the runtime's fetch takes beyond the standard: the proxy, further trusted certificates, bodies as they are sent.
// Both runtimes read HTTP_PROXY and NO_PROXY by themselves, by rules of their own; here only what is handed in counts.
import process from "node:process";
import tls from "node:tls";

/**
 * Options for fetch, to be created once and used often. A `fetch` among them must be called in place of the global one.
 * @param options the proxy's URL (absent: none), and PEM text of certificates to trust beside the system's.
 */
export function transport({ proxy, ca }: { proxy?: string; ca?: string }): Record<string, unknown> {
  if ("Deno" in globalThis) {
    // Deno looks at the environment when the client is made; its own trust stays beside `caCerts`.
    const client = withoutProxyVariables(() =>
      denoRuntime().createHttpClient({ ...(proxy && { proxy: denoProxy(proxy) }), ...(ca && { caCerts: [ca] }) }),
    );
    return { client };
  }
  return {
    // Bun looks when fetch is called.
    fetch: (url: string, init: RequestInit) => withoutProxyVariables(() => fetch(url, init)),
    decompress: false,
    // kso watches for stalls itself.
    timeout: false,
    ...(proxy && { proxy }),
    // Bun's `ca` replaces what it trusts.
    ...(ca && { tls: { ca: [...trustedCertificates(), ca].join("\n") } }),
  };
}

function trustedCertificates(): Set<string> {
  return new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")]);
}

interface DenoProxy {
  readonly url: string;
  readonly basicAuth?: { readonly username: string; readonly password: string };
}

function denoRuntime(): { createHttpClient(options: { proxy?: DenoProxy; caCerts?: string[] }): object } {
  return (globalThis as unknown as { Deno: ReturnType<typeof denoRuntime> }).Deno;
}

function denoProxy(proxy: string): DenoProxy {
  const url = new URL(proxy);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const basicAuth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { url: url.href, ...(username && { basicAuth }) };
}

/** Calls `act` while the variables of proxies are unset. `act` is synchronous, so no other code ever sees them unset. */
function withoutProxyVariables<T>(act: () => T): T {
  const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const values = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  for (const [name] of values) delete process.env[name];
  try {
    return act();
  } finally {
    for (const [name, value] of values) process.env[name] = value;
  }
}
