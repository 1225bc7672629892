// What the texts that run an image need to know of it.
import type { BuiltImage } from "../image/manifests.ts";

/** One of the two, as it is run. */
export interface ContainerService {
  /** `files`, `images`. */
  readonly service: string;
  /** `kubespray-files`. */
  readonly name: string;
  /** `kubespray-files:2.31.0`. */
  readonly tag: string;
  readonly description: string;
  readonly port: number;
  /** What answers with 200 when all is well. */
  readonly health: string;
  /** What it may do although it may nothing else. */
  readonly capabilities: readonly string[];
  /** UID:GID where it needs not be root. */
  readonly user?: string;
  readonly built: BuiltImage;
}

/** For a shell inside the container: with what the official images have, or with curl. */
export function healthCommand({ port, health }: ContainerService): string {
  const url = `http://127.0.0.1:${port}${health}`;
  return `wget -q -O /dev/null ${url} || curl -fsS -o /dev/null ${url}`;
}
