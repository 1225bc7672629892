// Makes endpoints from the values of flags.
import { KsoError } from "../core/errors.ts";
import { readText } from "../files/read.ts";
import { type EndpointNaming, type Endpoints, parseFilesUrl, parseRegistryEndpoint } from "./endpoints.ts";

/** The endpoints as the user names them. */
export interface EndpointOptions {
  readonly filesUrl?: string | undefined;
  readonly registryHost?: string | undefined;
  readonly naming: EndpointNaming;
  /** The path of a private CA's certificates (PEM). */
  readonly ca?: string | undefined;
  /** The path of these certificates on the nodes. */
  readonly caOnNodes: string;
  readonly credentials: readonly ("files" | "registry")[];
  readonly insecure: boolean;
}

/** Makes the endpoints that the options name. @throws KsoError `usage` for options that are wrong or contradictory. */
export function createEndpoints(options: EndpointOptions): Endpoints {
  const { registryHost, filesUrl, naming, ca, caOnNodes, credentials, insecure } = options;
  if (registryHost === undefined) throw new KsoError("usage", "Name the registry: --registry-host HOST:5000");
  if (ca !== undefined && insecure)
    throw new KsoError("usage", "--ca and --insecure contradict each other: a CA is there to be looked at");
  if (!/^\/[^\s"'{}]+$/.test(caOnNodes))
    throw new KsoError("usage", `--ca-on-nodes wants an absolute path, not "${caOnNodes}"`);
  return {
    ...(filesUrl !== undefined && { files: parseFilesUrl(filesUrl) }),
    registry: parseRegistryEndpoint(registryHost, ca !== undefined || insecure),
    naming,
    ...(ca !== undefined && { ca: { pem: readPem(ca), path: caOnNodes } }),
    insecure,
    credentials,
  };
}

function readPem(path: string): string {
  const text = readText(path, "--ca");
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new KsoError("usage", `Cannot read ${path} (--ca): there is no certificate in it; give a PEM file`);
}
