// A registry and a file server of which one answer is not what it should be: the answers of a good run are numbered, and the
// input takes the place of one of them. Its first line is the number.
import { readdirSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { KsoError } from "../../../src/core/errors.ts";
import { formatLock } from "../../../src/core/lock.ts";
import { Meter } from "../../../src/core/meter.ts";
import type { Plan } from "../../../src/core/plan.ts";
import { fetchArtifacts } from "../../../src/fetch/artifacts.ts";
import { readCredentials } from "../../../src/oci/credentials.ts";
import { applyMirrors } from "../../../src/plan/mirrors.ts";
import { writeBody } from "../../../src/runtime/write-body.ts";
import { startHashing } from "../../../src/store/hashing.ts";
import { openStore } from "../../../src/store/store.ts";
import { digestOf, file, multi, planOf, pulled } from "../../support/fetching.ts";
import { sample, testHttp } from "../../support/http.ts";
import { type RegistryOptions, startRegistry } from "../../support/registry.ts";
import { auditStore } from "../../support/site.ts";
import { temporary } from "../../support/temp.ts";
import { serveFiles } from "../../support/upstream.ts";
import type { Target } from "../target.ts";

interface Relay extends AsyncDisposable {
  readonly url: string;
  /** The answers so far, as they went over the wire. */
  readonly answers: Uint8Array[];
}

/** Passes requests on, one a connection, and answers one of them with something else. */
async function relayTo(origin: string, replaced: { at: number; answer: Uint8Array } | undefined): Promise<Relay> {
  const answers: Uint8Array[] = [];
  let count = 0;
  const server = net.createServer((socket) => {
    let head = "";
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      head += data.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const [request = ""] = head.split("\r\n\r\n");
      head = "";
      const at = count++;
      if (at === replaced?.at) return void socket.end(replaced.answer);
      void answerOf(origin, request).then((answer) => {
        answers[at] = answer;
        socket.end(answer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

async function answerOf(origin: string, request: string): Promise<Uint8Array> {
  const [first = "", ...lines] = request.split("\r\n");
  const [method = "GET", path = "/"] = first.split(" ");
  const headers = lines
    .map((line) => line.split(/:\s*/, 2) as [string, string])
    .filter(([name]) => !/^(?:host|connection|accept-encoding)$/i.test(name));
  const response = await fetch(origin + path, {
    method,
    headers,
    redirect: "manual",
    decompress: false,
  } as RequestInit);
  const body = Buffer.from(await response.arrayBuffer());
  const kept = [...response.headers].filter(
    ([name]) => !/^(?:connection|transfer-encoding|keep-alive|date)$/i.test(name),
  );
  const length = response.headers.has("content-length") ? [] : [["content-length", String(body.length)]];
  const head = [...kept, ...length, ["connection", "close"]].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${response.status} Said\r\n${head}\r\n`),
    method === "HEAD" ? new Uint8Array() : body,
  ]);
}

/** Fetches the plan from servers with that one answer; checks that no wrong bytes are kept. */
async function fetching(
  folder: string,
  kind: "files" | "registry",
  replaced?: { at: number; answer: Uint8Array },
): Promise<Uint8Array[]> {
  const bytes = sample(3000, 9);
  const options: RegistryOptions = { auth: { kind: "token" } };
  const registry = await startRegistry(options);
  registry.add("team/app", multi, "1");
  const upstream = await serveFiles({ "/tool": bytes, "/unpublished": sample(500, 3) });
  await using relay = await relayTo(kind === "files" ? upstream.url : registry.url, replaced);
  const plan: Plan =
    kind === "files"
      ? planOf(file("tool", digestOf(bytes)), file("unpublished", undefined))
      : planOf(pulled("team/app:1"));
  const mirrors = new Map([
    ["files.test", [relay.url]],
    ["images.test", [relay.url]],
  ]);
  const hashing = startHashing(1);
  const store = openStore(join(folder, "store"), hashing, writeBody);
  const { http } = testHttp({ idleTimeout: 2000 });
  try {
    const { lock, failures } = await fetchArtifacts({
      plan: applyMirrors(plan, mirrors),
      store,
      http,
      probe: http,
      progress: new Meter(() => undefined),
      credentials: readCredentials({}, folder),
      jobs: 1,
      allowMissing: [],
      allowMismatch: [],
      accept: new Map(),
      deep: false,
      today: "2026-11-24",
      version: "0.1.0",
    });
    if (lock) formatLock(lock);
    for (const { cause } of failures) if (typeof cause === "string") checkWords(cause);
  } finally {
    store.close();
    await hashing.close();
    await registry.close();
    await upstream.close();
  }
  const { wrong } = auditStore(join(folder, "store"));
  if (wrong.length > 0)
    throw new Error(`wrong bytes in the store: ${wrong.join(", ")} of ${readdirSync(folder).length}`);
  return relay.answers;
}

/** What is said of a failure goes to people. @throws KsoError that stderr would have. */
function checkWords(cause: string): void {
  if (/\n\s+at |TypeError|RangeError|undefined is not|verbose: true/.test(cause))
    throw new Error(`an engine's words: ${cause}`);
}

const numbered = (answer: Uint8Array, at: number): Uint8Array => Buffer.concat([Buffer.from(`${at}\n`), answer]);

const lying = (name: string, kind: "files" | "registry"): Target => ({
  name,
  words: [
    "Content-Length: ",
    "Content-Range: bytes 0-9/10",
    "Transfer-Encoding: chunked",
    "Location: ",
    "WWW-Authenticate: Bearer realm=",
    "Docker-Content-Digest: sha256:",
    "Link: <>; rel=next",
    "ETag: ",
    "Retry-After: ",
    "HTTP/1.1 ",
    "206 ",
    "302 ",
    "401 ",
    "429 ",
    "416 ",
    "\r\n\r\n",
    "manifests",
    "layers",
    "token",
  ],
  async seeds() {
    using folder = temporary();
    return (await fetching(folder.path, kind)).map(numbered);
  },
  prepare(folder, input) {
    const whole = Buffer.from(input);
    const end = whole.indexOf("\n");
    const at = Number(whole.subarray(0, Math.max(0, end)).toString("latin1")) || 0;
    return {
      steps: [
        {
          name: `fetch from a ${kind} server that lies`,
          run: async () => {
            try {
              await fetching(folder, kind, { at, answer: whole.subarray(end + 1) });
            } catch (thrown) {
              if (!(thrown instanceof KsoError)) throw thrown;
              checkWords(thrown.message);
              throw thrown;
            }
          },
        },
      ],
    };
  },
});

/** Targets about what servers answer. */
export const upstreamTargets: readonly Target[] = [lying("registry-answer", "registry"), lying("file-answer", "files")];
