// Raw bytes to `kso serve`: it answers or closes, it never dies, and what it is asked next it answers as before.
import { existsSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { sampleLock } from "../../support/bundle.ts";
import { binaryFor } from "../../support/paths.ts";
import { sealed } from "../../support/sealed.ts";
import { type Service, startService } from "../../support/service.ts";
import { temporary } from "../../support/temp.ts";
import type { Target } from "../target.ts";

/** Bytes that an answer has at most. */
const maxAnswer = 4_000_000;
/** A connection that says nothing more is left. Milliseconds. */
const quiet = 15_000;

let service: Promise<Service> | undefined;
/** One server for the whole life of this process: the binary where it is built, and otherwise the source. */
function running(): Promise<Service> {
  service ??= (async () => {
    const folder = temporary();
    const { path } = await sealed(folder.path, "bundle.tar", { sample: sampleLock(join(folder.path, "blobs")) });
    return await startService(folder.path, [path], {}, existsSync(binaryFor("amd64")) ? "binary" : "bun");
  })();
  return service;
}

/** What comes back before the connection is closed, or has nothing more to say. */
function exchange(url: string, input: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let answer = "";
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => {
      socket.write(input);
      socket.end();
    });
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (answer.length > maxAnswer) reject(new Error("the answer does not end"));
    });
    socket.on("end", end).on("close", end).on("error", end);
    socket.setTimeout(quiet, () =>
      reject(new Error(`neither an answer nor an end of the connection within ${quiet / 1000} s`)),
    );
  });
}

function checkAnswer(answer: string): void {
  if (answer !== "" && !/^HTTP\/1\.[01] \d{3}[ \r]/.test(answer))
    throw new Error(`that is no answer: ${JSON.stringify(answer.slice(0, 200))}`);
  if (/^HTTP\/1\.[01] 500/.test(answer) || /\n\s+at .*\.ts|TypeError|RangeError/.test(answer))
    throw new Error(`an answer of a broken server: ${JSON.stringify(answer.slice(0, 400))}`);
}

const pause = "/v2/registry.k8s.io/pause";
const requests: readonly string[] = [
  "GET / HTTP/1.1\r\nHost: a.example\r\nAccept-Language: de, zh-CN;q=0.8\r\nAccept-Encoding: gzip\r\n\r\n",
  "GET /health HTTP/1.0\r\n\r\n",
  "GET /metrics HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n",
  'GET /k8s/dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm HTTP/1.1\r\nHost: a\r\nRange: bytes=5-10,20-30,-5\r\nIf-Range: "x"\r\nIf-None-Match: "y", W/"z"\r\n\r\n',
  "HEAD /dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Mon, 30 Nov 2026 00:00:00 GMT\r\n\r\n",
  "GET http://b.example/missing?lang=zh-CN&x=%2e%2e HTTP/1.1\r\nHost: b.example\r\nX-Forwarded-For: 1.2.3.4\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: b\r\n\r\n",
  "GET /v2/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n",
  "GET /v2/_catalog?n=1&last=docker.io/library/nginx HTTP/1.1\r\nHost: a\r\n\r\n",
  `GET ${pause}/tags/list?n=0 HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET ${pause}/manifests/3.10 HTTP/1.1\r\nHost: a\r\nAccept: application/vnd.oci.image.index.v1+json;q=0.5, */*\r\n\r\n`,
  `GET ${pause}/manifests/3.10?ns=registry.k8s.io HTTP/1.1\r\nHost: a\r\nAccept: application/vnd.docker.distribution.manifest.v2+json\r\n\r\n`,
  `GET ${pause}/referrers/sha256:${"a".repeat(64)}?artifactType=x HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET ${pause}/blobs/sha256:${"b".repeat(64)} HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\n\r\n`,
  `POST ${pause}/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`,
  `PUT ${pause}/manifests/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
  "GET /missing.json HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
];

/** The same bytes to both ports. */
const raw: Target = {
  name: "http",
  seeds: () => requests.map((request) => Buffer.from(request, "latin1")),
  words: [
    "GET ",
    "HEAD ",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    " HTTP/1.1",
    " HTTP/1.0",
    " HTTP/2.0",
    "\r\n",
    "\n",
    "\r",
    "Host: ",
    "Content-Length: 5",
    "Content-Length: -1",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked, identity",
    "Range: bytes=",
    "Range: bytes=0-0,0-0",
    "Accept: ",
    ";q=0",
    "If-None-Match: *",
    "If-Range: ",
    "Accept-Language: ",
    "Accept-Encoding: gzip",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: Upgrade",
    "Authorization: Basic ",
    "?n=",
    "&last=",
    "?ns=",
    "?lang=",
    "%",
    "%00",
    "%ff",
    "/../",
    "//",
    "@sha256:",
    "/manifests/",
    "/blobs/",
    "/tags/list",
    "/referrers/",
    "Cookie: ",
    "\t",
    "\0",
    "[::1]",
    "a b",
    "\u00ff",
  ],
  async prepare(_, input) {
    const { files, registry } = await running();
    const steps = [
      ["files", files],
      ["registry", registry],
    ].map(([name, url]) => ({
      name: `${name} port`,
      run: async () => checkAnswer(await exchange(url as string, input)),
    }));
    const health = async (): Promise<void> => {
      const { status } = await fetch(`${files}/health`, { signal: AbortSignal.timeout(quiet) });
      const { status: listed } = await fetch(`${registry}/v2/_catalog`, { signal: AbortSignal.timeout(quiet) });
      if (status !== 200 || listed !== 200)
        throw new Error(`after that /health is ${status} and the catalogue ${listed}`);
    };
    return { steps: [...steps, { name: "health afterwards", run: health }] };
  },
};

/** Targets about what clients send. */
export const wireTargets: readonly Target[] = [raw];
