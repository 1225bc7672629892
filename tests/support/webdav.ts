// A web server in memory that takes PUT, and as much of WebDAV as a test says; on a free loopback port, with scripted faults.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sha } from "./seed.ts";

export interface FileServerOptions {
  /** 404 on PUT without its directory, and MKCOL makes one. */
  readonly directories?: boolean;
  readonly moves?: boolean;
  /** HEAD names the digest, as Artifactory does. */
  readonly digests?: boolean;
  readonly login?: string;
}

type Fault = { status: number } | { cut: number } | { act: () => unknown } | "fine";

export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly stored: Map<string, Uint8Array>;
  readonly log: string[];
  fault(pattern: RegExp, ...faults: Fault[]): void;
}

/** Starts one that knows as much of WebDAV as the options say. */
export async function startFileServer({ directories, moves, digests, login }: FileServerOptions): Promise<FileServer> {
  const stored = new Map<string, Uint8Array>();
  const folders = new Set(["/"]);
  const log: string[] = [];
  const faults: { pattern: RegExp; queue: Fault[] }[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const line = `${method} ${url}`;
    const fault = faults.find(({ pattern, queue }) => queue.length > 0 && pattern.test(line))?.queue.shift() ?? "fine";
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      chunks.push(chunk);
      size += chunk.length;
      if (typeof fault === "object" && "cut" in fault && size >= fault.cut) return void response.destroy();
    }
    if (typeof fault === "object" && "act" in fault) await fault.act();
    const answer = (status: number, body: Uint8Array = Buffer.alloc(0), headers: Record<string, string> = {}): void => {
      log.push(`${line} ${status}`);
      response.writeHead(status, { ...headers, "content-length": body.length });
      response.end(method === "HEAD" ? undefined : body);
    };
    if (typeof fault === "object" && "status" in fault) return answer(fault.status);
    if (login && request.headers.authorization !== `Basic ${Buffer.from(login).toString("base64")}`) return answer(401);
    const parent = url.replace(/[^/]+\/?$/, "");
    if (method === "PUT") {
      if (directories && !folders.has(parent)) return answer(409);
      stored.set(url, new Uint8Array(Buffer.concat(chunks)));
      return answer(201);
    }
    if (method === "MKCOL" && directories) {
      if (folders.has(url)) return answer(405);
      if (!folders.has(parent)) return answer(409);
      folders.add(url);
      return answer(201);
    }
    const bytes = stored.get(url);
    if (method === "MOVE" && moves) {
      if (!bytes) return answer(404);
      stored.set(new URL(String(request.headers["destination"])).pathname, bytes);
      stored.delete(url);
      return answer(204);
    }
    if (method === "DELETE") return answer(stored.delete(url) ? 204 : 404);
    if (method !== "GET" && method !== "HEAD") return answer(405);
    if (!bytes) return answer(404);
    answer(200, bytes, digests ? { "x-checksum-sha256": sha(bytes).slice(7) } : {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    log,
    fault: (pattern, ...queue) => void faults.push({ pattern, queue }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
