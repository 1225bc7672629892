// A web server that takes PUT: nginx, Apache, Nexus, Artifactory. Where it knows WebDAV (https://www.rfc-editor.org/rfc/rfc4918)
// a file arrives under another name and is moved to its own when it is whole; directories are made as they are needed.
import { Buffer } from "node:buffer";
import { type Digest, parseDigest } from "../core/digest.ts";
import type { Http } from "../http/http.ts";
import { contentLengthOf } from "../http/ranges.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "../http/request.ts";
import { expectStatus, RegistryError } from "../oci/registry-error.ts";
import type { Parcel, Shelf } from "./file-target.ts";

const stored: readonly number[] = [200, 201, 202, 204];
/** No list of sums is longer. Bytes. */
const textLimit = 8 << 20;

/** Files below the address, which may have a user and a password in it. */
export function davShelf(http: Http, address: string, signal: AbortSignal): Shelf {
  const base = address.replace(/\/+$/, "");
  const shown = new URL(base);
  shown.username = "";
  shown.password = "";
  const name = shown.href.replace(/\/+$/, "");
  const made = new Map<string, Promise<void>>();
  /** Does the server move files? Asked when the first one is put. */
  let moving: Promise<boolean> | undefined;

  const ask = (
    path: string,
    method: NonNullable<HttpRequest["method"]>,
    more: Partial<HttpRequest> = {},
  ): HttpRequest => ({
    url: path === "" ? `${base}/` : `${base}/${path}`,
    ...{ method, signal },
    ...more,
  });
  const run = async (
    asked: HttpRequest,
    good: readonly number[],
    also: readonly number[] = [],
  ): Promise<HttpResponse> => {
    const answer = await expectStatus(http, asked, good, also);
    await answer.cancel();
    return answer;
  };

  /** Each directory once, its parents first where they are missing. A server that has it says 405. */
  const directory = (url: string): Promise<void> => {
    const known = made.get(url);
    if (known) return known;
    const make = async (): Promise<void> =>
      void (await run({ url: `${url}/`, method: "MKCOL", signal }, [200, 201, 204, 301, 405]));
    const making = make().catch(async (cause) => {
      const parent = url.slice(0, url.lastIndexOf("/"));
      const above = URL.canParse(parent) && new URL(parent).pathname !== "/";
      if (!(cause instanceof RegistryError && [404, 409].includes(cause.status) && above)) throw cause;
      await directory(parent);
      await make();
    });
    made.set(url, making);
    making.catch(() => made.delete(url));
    return making;
  };

  const store = async (path: string, body: RequestBody, more: Partial<HttpRequest>): Promise<void> => {
    const asked = ask(path, "PUT", { body, slow: true, ...more });
    try {
      await run(asked, stored, [500]);
    } catch (cause) {
      // Its directory is missing: 409 says the standard, nginx 500, others 404 or 403.
      if (!(cause instanceof RegistryError && [403, 404, 409, 500].includes(cause.status))) throw cause;
      await directory(asked.url.slice(0, asked.url.lastIndexOf("/"))).catch(() => {
        throw cause;
      });
      await run(asked, stored);
    }
  };

  const drop = async (path: string): Promise<void> => {
    await http.send(ask(path, "DELETE"), [400, 403, 404, 405, 409, 501]).then(
      (answer) => answer.cancel(),
      () => undefined,
    );
  };

  /** @returns false where the server does not move, if that is not known yet. */
  const move = async (from: string, to: string, known = false): Promise<boolean> => {
    const destination = new URL(ask(to, "MOVE").url);
    destination.username = "";
    destination.password = "";
    try {
      await run(ask(from, "MOVE", { headers: { destination: destination.href, overwrite: "T" }, slow: true }), stored);
      return true;
    } catch (cause) {
      if (!(cause instanceof RegistryError) || known) throw cause;
      return false;
    }
  };

  /** Found out with a few bytes, which also show that this user may write. */
  const settle = async (): Promise<boolean> => {
    const bytes = new TextEncoder().encode("kso tried whether this server moves files; delete it\n");
    const [one, two] = [".kso-probe", ".kso-probe-moved"];
    await store(one, { size: bytes.length, open: () => new Blob([bytes]).stream() }, {});
    const moved = await move(one, two);
    await drop(moved ? two : one);
    return moved;
  };

  const put = async (path: string, hex: string, body: RequestBody, more: Partial<HttpRequest>): Promise<void> => {
    moving ??= settle();
    if (!(await moving)) return await store(path, body, more);
    const beside = `${path}.kso-${hex.slice(0, 12)}`;
    try {
      await store(beside, body, more);
      await move(beside, path, true);
    } catch (cause) {
      await drop(beside);
      throw cause;
    }
  };

  return {
    name,
    urlOf: (path) => `${name}/${path}`,
    async probe() {
      const answer = await http.send(ask("", "HEAD"), [403, 404, 405]);
      await answer.cancel();
    },
    async look(path) {
      const answer = await http.send(ask(path, "HEAD"), [404, 410]);
      await answer.cancel();
      return answer.status === 200
        ? { size: contentLengthOf(answer.headers), digest: digestIn(answer.headers) }
        : undefined;
    },
    async put({ path, digest, size, part, advance, retry }: Parcel) {
      const hex = digest.slice("sha256:".length);
      const headers = { "content-type": "application/octet-stream", "x-checksum-sha256": hex };
      await put(path, hex, part(0, size), { headers, onSent: advance, onRetry: retry });
    },
    async read(path) {
      const answer = await http.send(ask(path, "GET"), [404, 410]);
      if (answer.status === 200) return new TextDecoder().decode(await answer.bytes(textLimit));
      await answer.cancel();
      return undefined;
    },
    async write(path, text) {
      const bytes = new TextEncoder().encode(text);
      const open = (): ReadableStream<Uint8Array> => new Blob([bytes]).stream();
      await put(path, "text", { size: bytes.length, open }, { headers: { "content-type": "text/plain" } });
    },
  };
}

/** What a server says of its own: Artifactory's header, or RFC 9530's. */
function digestIn(headers: Headers): Digest | undefined {
  const hex = headers.get("x-checksum-sha256")?.toLowerCase();
  const [, base64] = /sha-256=:([A-Za-z0-9+/=]+):/.exec(headers.get("repr-digest") ?? "") ?? [];
  const found = hex ?? (base64 && Buffer.from(base64, "base64").toString("hex"));
  return found ? parseDigest(`sha256:${found}`) : undefined;
}
