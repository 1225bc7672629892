// A file server on 127.0.0.1 with scripted faults. It speaks plain sockets, so that a connection is cut for real.
//
//   await using upstream = await serveFiles({ "/a.bin": bytes, "/b": { bytes, etag: false, lastModified: "Tue, …" } });
//   upstream.script("/a.bin", { fault: "cut", after: 100 }, { fault: "status", status: 503 });   // then it answers well
//   … fetch(`${upstream.url}/a.bin`) …
//   upstream.requests   // [{ method, path, headers, status }, …] in the order in which they came
//
// Each request to a path takes the next fault of its script (`"none"`: answer well this time); without one the file is
// served with Range, If-Range, ETag, HEAD. A path that is not there gets 404. All lengths and offsets are in bytes.
import { createHash } from "node:crypto";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";

export interface UpstreamFile {
  readonly bytes: Uint8Array;
  /** Default: a strong one of the content. A text is sent as it is (with quotes); false: none. */
  readonly etag?: string | false;
  /** Default: none. */
  readonly lastModified?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Fault =
  | "none"
  /** Another status (429, 503, 416, 401, …) in place of the file. */
  | { fault: "status"; status: number; headers?: Readonly<Record<string, string>>; body?: string }
  /**
   * So many bytes of the body, then the socket is destroyed. `chunked`: without a Content-Length. A client may lose what
   * came right before the cut: where the test counts on those bytes, `when` is the promise that they are there
   * (`memoryLanding().reached(n)`).
   */
  | { fault: "cut"; after: number; chunked?: boolean; when?: Promise<unknown> }
  /** So many bytes of the body, then nothing, until the upstream is closed. */
  | { fault: "stall"; after: number }
  /** The whole body, so many bytes at a time; before the next ones it waits for `pace(bytes sent so far)`. */
  | { fault: "drip"; size: number; pace: (sent: number) => Promise<unknown> }
  /** The request is read and the socket destroyed. */
  | { fault: "drop" }
  /** The request is read and never answered, until the upstream is closed. */
  | { fault: "hang" }
  /** The answer waits for this. */
  | { fault: "hold"; until: Promise<unknown> }
  /** The Content-Length says this; what is sent is the file, or so much of it; then the socket is closed. */
  | { fault: "length"; says: number }
  /** Range is ignored: 200 and the whole. */
  | { fault: "ignore-range" }
  /** The Content-Range of a 206 says this (`bytes 0-9/10`), or is missing where it is empty. */
  | { fault: "content-range"; says: string }
  /** From this request on the file is another one. */
  | { fault: "change"; file: Uint8Array | UpstreamFile }
  /** 200 and a body without an end; `says`: a Content-Length all the same; `chunked`: in chunks, else until the socket is closed. */
  | { fault: "endless"; says?: number; chunked?: boolean }
  | { fault: "redirect"; to: string; status?: number }
  /** The bit at this place of the file is flipped. */
  | { fault: "flip"; at: number };

export interface Request {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What was answered; 0 before that, and where nothing was. */
  status: number;
}

export interface Upstream extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  readonly requests: Request[];
  /** Connections that are open now. */
  readonly connections: number;
  /** The most requests that were unfinished at one time. */
  readonly peak: number;
  /** Appends to the path's script. */
  script(path: string, ...faults: Fault[]): void;
  /** Adds or replaces a file; undefined removes it. */
  set(path: string, file: Uint8Array | UpstreamFile | undefined): void;
  /** Resolves when so many requests have come in all. */
  seen(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function serveFiles(
  files: Readonly<Record<string, Uint8Array | UpstreamFile>>,
  options: { tls?: { key: string; cert: string } } = {},
): Promise<Upstream> {
  const held = new Map(Object.entries(files).map(([path, file]) => [path, fileOf(file)]));
  const scripts = new Map<string, Fault[]>();
  const requests: Request[] = [];
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  let active = 0;
  let peak = 0;

  const serve = async (socket: Socket, request: Request): Promise<void> => {
    const path = request.path.replace(/\?.*/s, "");
    const fault = scripts.get(path)?.shift() ?? "none";
    if (fault !== "none" && fault.fault === "change") held.set(path, fileOf(fault.file));
    peak = Math.max(peak, ++active);
    try {
      await answer(socket, request, held.get(path), fault);
    } finally {
      active--;
    }
  };
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay();
    let text = "";
    let line = Promise.resolve();
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      // A TLS greeting where none belongs: a real server closes, too.
      if (data[0] === 0x16) return void socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      text += data.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const request = parse(text.slice(0, end));
        text = text.slice(end + 4);
        requests.push(request);
        for (const watcher of watchers) watcher();
        line = line.then(() => serve(socket, request));
      }
    });
  };
  const server = options.tls ? tls.createServer(options.tls, onSocket) : net.createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return sockets.size;
    },
    get peak() {
      return peak;
    },
    script: (path, ...faults) => void scripts.set(path, [...(scripts.get(path) ?? []), ...faults]),
    set: (path, file) => void (file ? held.set(path, fileOf(file)) : held.delete(path)),
    seen: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function fileOf(file: Uint8Array | UpstreamFile): UpstreamFile {
  return file instanceof Uint8Array ? { bytes: file } : file;
}

function parse(head: string): Request {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  // A proxy is asked for whole URLs.
  return { method, path: target, headers, status: 0 };
}

async function answer(socket: Socket, request: Request, file: UpstreamFile | undefined, script: Fault): Promise<void> {
  const fault = script === "none" ? undefined : script;
  const send = async (status: number, headers: Record<string, string>, body: Uint8Array, end?: "cut" | "stall") => {
    request.status = status;
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const sent = request.method === "HEAD" ? new Uint8Array() : body;
    await written(socket, Buffer.from(`HTTP/1.1 ${status} Scripted\r\n${head.join("")}\r\n`, "latin1"), sent);
    if (end === "cut" && fault?.fault === "cut") await fault.when;
    if (end === "cut") socket.destroy();
    if (headers["connection"] === "close") socket.end();
    if (end === "stall") await closedOf(socket);
  };
  const said = (text: string): [Record<string, string>, Uint8Array] => {
    const body = new TextEncoder().encode(text);
    return [{ "content-length": String(body.length) }, body];
  };

  if (fault?.fault === "drop") return void socket.destroy();
  if (fault?.fault === "hang") return await closedOf(socket);
  if (fault?.fault === "hold") await fault.until;
  if (fault?.fault === "redirect") {
    return await send(fault.status ?? 302, { location: fault.to, "content-length": "0" }, new Uint8Array());
  }
  if (fault?.fault === "status") {
    const [headers, body] = said(fault.body ?? "");
    return await send(fault.status, { ...headers, ...fault.headers }, body);
  }
  if (!file) return await send(404, ...said("not here"));

  const etag = file.etag ?? `"${createHash("sha256").update(file.bytes).digest("hex").slice(0, 16)}"`;
  const common: Record<string, string> = {
    "accept-ranges": "bytes",
    ...(etag !== false && { etag }),
    ...(file.lastModified && { "last-modified": file.lastModified }),
    ...file.headers,
  };
  if (fault?.fault === "endless") {
    const length = fault.says === undefined ? {} : { "content-length": String(fault.says) };
    const chunked = fault.chunked ? { "transfer-encoding": "chunked" } : {};
    await send(200, { ...common, ...length, ...chunked }, new Uint8Array());
    const part = new Uint8Array(65_536);
    const chunk = fault.chunked ? Buffer.concat([Buffer.from("10000\r\n"), part, Buffer.from("\r\n")]) : part;
    while (!socket.destroyed) await written(socket, chunk);
    return;
  }
  const size = file.bytes.length;
  const { range, "if-range": condition } = request.headers;
  const honoured = fault?.fault !== "ignore-range" && (condition === undefined || isSame(condition, etag, file));
  const wanted = honoured ? rangeOf(range, size) : undefined;
  if (wanted === "beyond") {
    const [headers, body] = said("no such range");
    return await send(416, { ...common, ...headers, "content-range": `bytes */${size}` }, body);
  }
  const [from, to] = wanted ?? [0, size];
  let body = file.bytes.subarray(from, to);
  const headers: Record<string, string> = { ...common, "content-length": String(body.length) };
  if (wanted) headers["content-range"] = `bytes ${from}-${to - 1}/${size}`;
  if (fault?.fault === "content-range" && wanted) {
    if (fault.says) headers["content-range"] = fault.says;
    else delete headers["content-range"];
  }
  if (fault?.fault === "flip" && fault.at >= from && fault.at < to) {
    body = body.slice();
    body[fault.at - from] = (body[fault.at - from] as number) ^ 1;
  }
  if (fault?.fault === "length") {
    headers["content-length"] = String(fault.says);
    body = body.subarray(0, fault.says);
    headers["connection"] = "close";
  }
  if (fault?.fault === "cut" && fault.chunked) {
    delete headers["content-length"];
    headers["transfer-encoding"] = "chunked";
    const part = body.subarray(0, fault.after);
    const chunk = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
    return await send(200, headers, part.length > 0 ? chunk : part, "cut");
  }
  if (fault?.fault === "drip") {
    await send(wanted ? 206 : 200, headers, body.subarray(0, fault.size));
    for (let sent = fault.size; sent < body.length && !socket.destroyed; sent += fault.size) {
      await fault.pace(sent);
      await written(socket, body.subarray(sent, sent + fault.size));
    }
    return;
  }
  const partial = fault?.fault === "cut" || fault?.fault === "stall" ? fault : undefined;
  await send(wanted ? 206 : 200, headers, partial ? body.subarray(0, partial.after) : body, partial?.fault);
}

function isSame(condition: string, etag: string | false, file: UpstreamFile): boolean {
  return condition === etag ? condition.startsWith('"') : condition === file.lastModified;
}

/** From (inclusive) and to (exclusive); undefined: the whole. */
function rangeOf(header: string | undefined, size: number): [number, number] | "beyond" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") return Number(last) === 0 ? "beyond" : [Math.max(0, size - Number(last)), size];
  if (Number(first) >= size) return "beyond";
  return [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
}

/** All of it handed to the kernel, or the socket gone. */
async function written(socket: Socket, ...parts: Uint8Array[]): Promise<void> {
  for (const part of parts) {
    if (part.length === 0 || socket.destroyed) continue;
    await new Promise<void>((resolve) => {
      socket.once("close", resolve);
      socket.write(part, () => {
        socket.off("close", resolve);
        resolve();
      });
    });
  }
}

function closedOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}
