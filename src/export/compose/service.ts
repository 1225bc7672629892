// What compose.yaml and the systemd units need to know about an image.
import type { BuiltImage } from "../image/manifests.ts";

/** One of the two images, as it is run. */
export interface ContainerService {
  /** `files`, `images`. */
  readonly service: string;
  /** `kubespray-files`. */
  readonly name: string;
  /** `kubespray-files:2.31.0`. */
  readonly tag: string;
  readonly description: string;
  readonly port: number;
  /** The path that answers with 200 when all is well. */
  readonly health: string;
  /** The only capabilities that it keeps. */
  readonly capabilities: readonly string[];
  /** UID:GID where it need not be root. */
  readonly user?: string;
  readonly image: BuiltImage;
}

/** The health check as a command for a shell in the container: with wget, which the official images have, or with curl. */
export function healthCommand({ port, health }: ContainerService): string {
  const url = `http://127.0.0.1:${port}${health}`;
  return `wget -q -O /dev/null ${url} || curl -fsS -o /dev/null ${url}`;
}
