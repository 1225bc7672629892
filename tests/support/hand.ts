// HTTP by hand: requests as bytes on a socket, and what comes back, whether or not it makes sense.
import net from "node:net";
import tls from "node:tls";

/** A connection of the test's own hand. */
export interface Hand extends Disposable {
  readonly socket: net.Socket;
  /** Resolves with all that came, once `enough` of it is there or the connection has ended. */
  read(enough: (text: string) => boolean): Promise<string>;
  /** All that comes until the end; false where it was reset. */
  rest(): Promise<{ readonly bytes: number; readonly text: string }>;
}

/** Sends a request, in latin1, to where a URL leads; without a look at the certificate where that is https. */
export function hand(url: string, request: string): Hand {
  const { hostname, port, protocol } = new URL(url);
  const socket =
    protocol === "https:"
      ? tls.connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
      : net.connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(request, "latin1");
  let text = "";
  let bytes = 0;
  const collect = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (text.length < 1 << 22) text += chunk.toString("latin1");
  };
  return {
    socket,
    read: (enough) =>
      new Promise((resolve) => {
        const done = (): void => {
          socket.off("data", look).off("close", done).pause();
          resolve(text);
        };
        const look = (chunk: Buffer): void => {
          collect(chunk);
          if (enough(text)) done();
        };
        socket.on("data", look).on("close", done).resume();
      }),
    rest: () =>
      new Promise((resolve) => {
        socket.on("data", collect).on("close", () => resolve({ bytes, text }));
        if (socket.closed) resolve({ bytes, text });
        socket.resume();
      }),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Whether the head of a response is there. */
export const headed = (text: string): boolean => text.includes("\r\n\r\n");

/** A response, read to its length or to the end of the connection. */
export interface HandAnswer {
  /** 0: the connection was closed without one. */
  readonly status: number;
  /** By their names in small letters; of a name that comes twice both values, with ` & ` between them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends requests and reads so many responses; fewer where the connection ends before. `100 Continue` is none. */
export async function answersTo(url: string, requests: string, count = 1): Promise<HandAnswer[]> {
  using one = hand(url, requests);
  const methods = [...requests.matchAll(/^([\w-]+) .* HTTP\//gm)].map(([, method]) => method ?? "");
  const text = await one.read((came) => answersIn(came, methods).length >= count);
  return answersIn(text, methods, one.socket.closed);
}

/** Sends a request and reads the response; of status 0 where there is none. */
export async function answerTo(url: string, request: string): Promise<HandAnswer> {
  const [answer = { status: 0, headers: {}, body: "" }] = await answersTo(url, request);
  return answer;
}

/** The responses that are whole; `isOver`: nothing more comes, which ends one without a length. */
function answersIn(text: string, methods: readonly string[], isOver = false): HandAnswer[] {
  const answers: HandAnswer[] = [];
  for (let rest = text; headed(rest); ) {
    const end = rest.indexOf("\r\n\r\n");
    const [line = "", ...fields] = rest.slice(0, end).split("\r\n");
    rest = rest.slice(end + 4);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1] ?? 0);
    if (status === 100) continue;
    const headers = headersIn(fields);
    const isBare = methods[answers.length] === "HEAD" || status === 304;
    const length = isBare ? 0 : Number(headers["content-length"] ?? (isOver ? rest.length : Number.NaN));
    if (!(rest.length >= length)) break;
    answers.push({ status, headers, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
  return answers;
}

function headersIn(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const at = field.indexOf(":");
    const name = field.slice(0, at).toLowerCase();
    const value = field.slice(at + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]} & ${value}`;
  }
  return headers;
}
